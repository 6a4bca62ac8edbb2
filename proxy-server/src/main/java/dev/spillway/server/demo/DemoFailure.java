package dev.spillway.server.demo;

/** The demo cannot go on; the message is one sentence for the user. */
final class DemoFailure extends Exception {
    private static final long serialVersionUID = 1L;

    DemoFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /** The exception's first line, for the end of a sentence; never empty. */
    static String reason(Throwable cause) {
        String message = cause.getMessage();
        return message == null
                ? cause.getClass().getSimpleName()
                : message.lines().findFirst().orElse("no reason given");
    }
}
