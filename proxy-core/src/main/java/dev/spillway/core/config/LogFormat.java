package dev.spillway.core.config;

/** Which lines the log has. */
public enum LogFormat {
    SPILLWAY("spillway"),
    /** As PgBouncer writes them, for filters and parsers that know those. */
    PGBOUNCER("pgbouncer"),
    /** Spillway's own, each a JSON object. */
    JSON("json");

    private final String spelling;

    LogFormat(String spelling) {
        this.spelling = spelling;
    }

    /** As written in configurations. */
    public String spelling() {
        return spelling;
    }
}
