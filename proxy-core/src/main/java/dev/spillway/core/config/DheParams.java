package dev.spillway.core.config;

/** PgBouncer's words about the key exchange by finite fields, which neither of our TLS libraries needs to be told of. */
public enum DheParams {
    AUTO("auto"),
    NONE("none"),
    LEGACY("legacy");

    private final String spelling;

    DheParams(String spelling) {
        this.spelling = spelling;
    }

    /** As in configurations. */
    public String spelling() {
        return spelling;
    }
}
