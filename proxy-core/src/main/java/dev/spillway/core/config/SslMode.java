package dev.spillway.core.config;

/** How much TLS there must be on one side of the proxy; the spellings are PgBouncer's and libpq's, the meanings PgBouncer's. */
public enum SslMode {
    /** None. */
    DISABLE("disable"),
    /** Like {@link #PREFER}. */
    ALLOW("allow"),
    /** With clients that ask for it, and with servers that can. */
    PREFER("prefer"),
    /** Always; nobody's certificate is looked at. */
    REQUIRE("require"),
    /** Always, and the peer's certificate must come from an authority we know. */
    VERIFY_CA("verify-ca"),
    /** The same; a server's certificate must be for the host we connect to as well. */
    VERIFY_FULL("verify-full");

    private final String spelling;

    SslMode(String spelling) {
        this.spelling = spelling;
    }

    /** As in configurations. */
    public String spelling() {
        return spelling;
    }

    /** Is there TLS at all? */
    public boolean isOn() {
        return this != DISABLE;
    }

    /** Is plain text refused? */
    public boolean isRequired() {
        return compareTo(REQUIRE) >= 0;
    }

    /** Must the peer have a certificate of an authority that we know? */
    public boolean isVerifying() {
        return compareTo(VERIFY_CA) >= 0;
    }
}
