package dev.spillway.core.auth;

import org.jspecify.annotations.Nullable;

/** The authentication requests of PostgreSQL's protocol, by the code that begins them ("Message Formats", 'R'). */
enum AuthRequest {
    OK(0, "AuthenticationOk"),
    KERBEROS_V5(2, "Kerberos V5"),
    CLEARTEXT_PASSWORD(3, "AuthenticationCleartextPassword"),
    MD5_PASSWORD(5, "AuthenticationMD5Password"),
    SCM_CREDENTIAL(6, "SCM credential"),
    GSS(7, "GSSAPI"),
    GSS_CONTINUE(8, "GSSAPI"),
    SSPI(9, "SSPI"),
    SASL(10, "AuthenticationSASL"),
    SASL_CONTINUE(11, "AuthenticationSASLContinue"),
    SASL_FINAL(12, "AuthenticationSASLFinal");

    private final int code;
    private final String words;

    AuthRequest(int code, String words) {
        this.code = code;
        this.words = words;
    }

    int code() {
        return code;
    }

    /** The message's name, or the method's where we support none of its messages. */
    String words() {
        return words;
    }

    /** Null if PostgreSQL has no such request. */
    static @Nullable AuthRequest of(int code) {
        for (AuthRequest request : values()) {
            if (request.code == code) {
                return request;
            }
        }
        return null;
    }
}
