package dev.spillway.core.config;

/** What becomes of a client's session state between its transactions, where its server is not its own. */
public enum SessionState {
    /** It follows the client, and nobody else ever finds it. */
    TRACK("track"),
    /** PgBouncer's way: it stays on the server, unless {@code server_reset_query_always} has it reset. */
    RESET("reset"),
    /** It stays on the server, and the next client finds it. */
    IGNORE("ignore");

    private final String spelling;

    SessionState(String spelling) {
        this.spelling = spelling;
    }

    /** As written in configurations. */
    public String spelling() {
        return spelling;
    }
}
