package dev.spillway.core.config;

/** When a server connection goes back to its pool; PgBouncer's {@code pool_mode}. */
public enum PoolMode {
    /** When the client disconnects. */
    SESSION("session"),
    /** When the transaction ends. */
    TRANSACTION("transaction"),
    /** As {@link #TRANSACTION}; a client that begins a transaction of several statements is closed. */
    STATEMENT("statement");

    private final String spelling;

    PoolMode(String spelling) {
        this.spelling = spelling;
    }

    /** As written in configurations. */
    public String spelling() {
        return spelling;
    }
}
