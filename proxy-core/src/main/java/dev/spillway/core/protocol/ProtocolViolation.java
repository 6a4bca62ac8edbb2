package dev.spillway.core.protocol;

/**
 * A peer sent bytes that the protocol does not allow at this point; its connection cannot go on.
 *
 * <p>It carries no stack trace: the peer is to blame, not our code, and a hostile peer must not be able to make us walk
 * stacks.
 */
public final class ProtocolViolation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Takes a sentence fit for the peer's eyes: it may be sent to it as an ErrorResponse. */
    public ProtocolViolation(String message) {
        super(message, null, false, false);
    }

    /** The sentence; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
