package dev.spillway.core.config;

/** Versions of TLS, with PgBouncer's spellings. */
public enum TlsVersion {
    V1_0("tlsv1.0", "TLSv1"),
    V1_1("tlsv1.1", "TLSv1.1"),
    V1_2("tlsv1.2", "TLSv1.2"),
    V1_3("tlsv1.3", "TLSv1.3");

    private final String spelling;
    private final String standardName;

    TlsVersion(String spelling, String standardName) {
        this.spelling = spelling;
        this.standardName = standardName;
    }

    /** As in configurations. */
    public String spelling() {
        return spelling;
    }

    /** What Java and the log call it. */
    public String standardName() {
        return standardName;
    }
}
