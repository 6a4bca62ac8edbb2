package dev.spillway.core.auth;

import org.jspecify.annotations.Nullable;

/** How clients are authenticated: the values of PgBouncer's {@code auth_type} that need no TLS and no other service. */
public enum AuthMethod {
    /** Nobody is asked, and the user need not be known. */
    ANY("any"),
    /** Nobody is asked, but the user must be known. */
    TRUST("trust"),
    /** The password in clear text. */
    PLAIN("plain"),
    /** MD5 challenge; SCRAM where the stored secret is a SCRAM verifier, as in PgBouncer. */
    MD5("md5"),
    /** SCRAM-SHA-256. */
    SCRAM_SHA_256("scram-sha-256");

    private final String configName;

    AuthMethod(String configName) {
        this.configName = configName;
    }

    /** Its spelling in configuration. */
    public String configName() {
        return configName;
    }

    /** The method that configuration calls {@code name}, in any case as PgBouncer reads it; null if there is none. */
    public static @Nullable AuthMethod parse(String name) {
        for (AuthMethod method : values()) {
            if (method.configName.equalsIgnoreCase(name)) {
                return method;
            }
        }
        return null;
    }
}
