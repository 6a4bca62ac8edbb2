package dev.spillway.server.top;

/** Why there is nothing to show, in words that go on from the address: {@code 127.0.0.1:6433} says nothing. */
final class NoStatus extends Exception {
    private static final long serialVersionUID = 1;

    private final String words;

    NoStatus(String words) {
        super(words);
        this.words = words;
    }

    NoStatus(String words, Exception cause) {
        super(words, cause);
        this.words = words;
    }

    String words() {
        return words;
    }
}
