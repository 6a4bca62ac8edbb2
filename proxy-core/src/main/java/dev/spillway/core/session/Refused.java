package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.ErrorFields;

/** A client cannot be let in; {@link #error} says why, to it. */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ErrorFields error;

    /** Carries no stack trace: it is an answer, not a bug. */
    public Refused(ErrorFields error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    public ErrorFields error() {
        return error;
    }
}
