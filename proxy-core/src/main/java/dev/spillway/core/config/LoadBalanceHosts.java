package dev.spillway.core.config;

/** Which of several hosts a new server connection goes to first; the others follow when it cannot be had there. */
public enum LoadBalanceHosts {
    /** The next one each time. */
    ROUND_ROBIN("round-robin"),
    /** The same one until a connection to it fails. */
    DISABLE("disable");

    private final String spelling;

    LoadBalanceHosts(String spelling) {
        this.spelling = spelling;
    }

    /** As in configurations and in SHOW. */
    public String spelling() {
        return spelling;
    }
}
