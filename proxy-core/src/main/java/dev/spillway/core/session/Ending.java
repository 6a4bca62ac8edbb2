package dev.spillway.core.session;

/** How the proxy ends: PgBouncer's forms of SHUTDOWN. All but the last are bounded by shutdown_timeout. */
public enum Ending {
    /** Idle clients are disconnected; transactions end first, and who waits for a server still gets one: SIGTERM. */
    WAIT_FOR_CLIENTS,
    /** As above, but who waits for a server is disconnected: SIGINT. */
    WAIT_FOR_SERVERS,
    /** Everyone is disconnected: a second signal. */
    IMMEDIATE;

    /** This one or {@code other}, whichever leaves less time. */
    public Ending orStricter(Ending other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
