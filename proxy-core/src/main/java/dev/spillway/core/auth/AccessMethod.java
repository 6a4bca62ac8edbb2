package dev.spillway.core.auth;

import dev.spillway.core.config.AuthType;
import org.jspecify.annotations.Nullable;

/** How one client has to prove who it is: what {@code auth_type} or a line of {@code auth_hba_file} asks for. */
public enum AccessMethod {
    TRUST("trust"),
    /** Nothing helps. */
    REJECT("reject"),
    /** The password in clear text. */
    PASSWORD("password"),
    /** MD5, or SCRAM for a user whose stored secret is a SCRAM one. */
    MD5("md5"),
    SCRAM_SHA_256("scram-sha-256"),
    /** A certificate with the user's name, or one that is mapped to it, as its common name. */
    CERT("cert"),
    /** A process, at the other end of a Unix socket, of the system's user of that name, or of one that is mapped to it. */
    PEER("peer"),
    /** The password in clear text, about which a directory is asked. */
    LDAP("ldap"),
    /** The password in clear text, about which the system's PAM is asked. */
    PAM("pam");

    private final String spelling;

    AccessMethod(String spelling) {
        this.spelling = spelling;
    }

    /** Null if there is none of that spelling. */
    static @Nullable AccessMethod parse(String spelling) {
        for (AccessMethod method : values()) {
            if (method.spelling.equals(spelling)) {
                return method;
            }
        }
        return null;
    }

    /** May its line have a {@code map=}? */
    boolean isMapped() {
        return this == CERT || this == PEER;
    }

    /** Does another say who the client is, so that we need to know nothing of the user? */
    public boolean isJudgedByOthers() {
        return this == LDAP || this == PAM;
    }

    /** What {@code type} asks every client for; null: that depends on the client. */
    public static @Nullable AccessMethod of(AuthType type) {
        return switch (type) {
            case ANY, TRUST -> TRUST;
            case PLAIN -> PASSWORD;
            case MD5 -> MD5;
            case SCRAM_SHA_256 -> SCRAM_SHA_256;
            case CERT -> CERT;
            case PEER -> PEER;
            case LDAP -> LDAP;
            case PAM -> PAM;
            case HBA -> null;
        };
    }
}
