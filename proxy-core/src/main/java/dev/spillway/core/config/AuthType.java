package dev.spillway.core.config;

/** How clients prove who they are; the spellings and meanings of PgBouncer's {@code auth_type}. */
public enum AuthType {
    /** No proof, and the name is ignored: every database logs in with a user of its own. */
    ANY("any"),
    /** No proof; the name is believed. */
    TRUST("trust"),
    /** The password in clear text. */
    PLAIN("plain"),
    /** MD5, or SCRAM for a user whose stored secret is a SCRAM one. */
    MD5("md5"),
    SCRAM_SHA_256("scram-sha-256"),
    /** A certificate with the user's name as its common name. */
    CERT("cert"),
    /** The system's user at the other end of a Unix socket has the user's name. */
    PEER("peer"),
    /** The password in clear text, which a directory is asked about. */
    LDAP("ldap"),
    /** The password in clear text, which the system's PAM is asked about. */
    PAM("pam"),
    /** What {@code auth_hba_file} says about such a client. */
    HBA("hba");

    private final String spelling;

    AuthType(String spelling) {
        this.spelling = spelling;
    }

    /** As written in configurations. */
    public String spelling() {
        return spelling;
    }

    /** Whether every client has to know a password that we can check. */
    public boolean needsPassword() {
        return this == PLAIN || this == MD5 || this == SCRAM_SHA_256;
    }
}
