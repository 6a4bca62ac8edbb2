package dev.spillway.core.config;

/** A text that is not a value of its type; the message goes on after the setting's name: "must be …". */
final class BadValueException extends Exception {
    private static final long serialVersionUID = 1L;

    BadValueException(String message) {
        super(message);
    }
}
