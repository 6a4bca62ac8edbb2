package dev.spillway.core.auth;

/** Ends a step: thrown by the parsers of this package, turned into a failed step by its machine, and never seen outside. */
final class AuthFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean isProtocolViolation;

    private AuthFailure(String text, boolean isProtocolViolation) {
        super(text, null, false, false);
        this.isProtocolViolation = isProtocolViolation;
    }

    /** The peer sent what it must not send. */
    static AuthFailure violation(String text) {
        return new AuthFailure(text, true);
    }

    /** The peer kept to the protocol and is refused all the same. */
    static AuthFailure refusal(String text) {
        return new AuthFailure(text, false);
    }

    boolean isProtocolViolation() {
        return isProtocolViolation;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
