package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.ErrorFields;

/** A client cannot be let in; {@link #error} says why, to it. */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ErrorFields error;
    private final String why;

    /** Carries no stack trace: it is an answer, not a bug. */
    public Refused(ErrorFields error) {
        this(error, error.message());
    }

    /** {@code why}: for the operator, who may know more than the client. */
    public Refused(ErrorFields error, String why) {
        super(why, null, false, false);
        this.error = error;
        this.why = why;
    }

    public ErrorFields error() {
        return error;
    }

    public String why() {
        return why;
    }
}
