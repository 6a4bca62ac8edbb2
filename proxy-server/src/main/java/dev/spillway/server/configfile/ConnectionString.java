package dev.spillway.server.configfile;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Takes PgBouncer's connection strings apart: {@code key=value} with blanks between, values in single quotes where they have
 * blanks, {@code ''} inside for one quote. Of two values for a key the later counts. Used by one thread. Its errors never repeat
 * a part of the string, which may be a password.
 */
final class ConnectionString {
    private final String text;
    private int at;

    private ConnectionString(String text) {
        this.text = text;
    }

    /** What is wrong, to continue "database 'x'". */
    static final class MalformedConnectionStringException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedConnectionStringException(String message) {
            super(message);
        }
    }

    /** Keys and values in the order written. */
    static Map<String, String> parse(String text) throws MalformedConnectionStringException {
        ConnectionString parser = new ConnectionString(text);
        Map<String, String> pairs = new LinkedHashMap<>();
        for (parser.skipBlanks(); parser.at < text.length(); parser.skipBlanks()) {
            String key = parser.key();
            pairs.put(key, parser.value(key));
        }
        return pairs;
    }

    private void skipBlanks() {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
    }

    private String key() throws MalformedConnectionStringException {
        int begin = at;
        while (at < text.length() && text.charAt(at) != '=' && text.charAt(at) != ' ') {
            at++;
        }
        String key = text.substring(begin, at);
        skipBlanks();
        if (key.isEmpty() || at == text.length() || text.charAt(at) != '=') {
            throw new MalformedConnectionStringException(
                    "must have KEY=VALUE pairs with blanks between; values with blanks stand in single quotes");
        }
        at++;
        return key;
    }

    private String value(String key) throws MalformedConnectionStringException {
        skipBlanks();
        boolean isQuoted = at < text.length() && text.charAt(at) == '\'';
        String value = isQuoted ? quoted(key) : bare();
        if (value.isEmpty()) {
            throw new MalformedConnectionStringException("has no value for " + key + ": leave it out instead");
        }
        return value;
    }

    private String bare() {
        int end = text.indexOf(' ', at);
        String value = text.substring(at, end < 0 ? text.length() : end);
        at += value.length();
        return value;
    }

    private String quoted(String key) throws MalformedConnectionStringException {
        StringBuilder value = new StringBuilder();
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            boolean isDoubled = c == '\'' && at < text.length() && text.charAt(at) == '\'';
            if (c == '\'' && !isDoubled) {
                return value.toString();
            }
            at += isDoubled ? 1 : 0;
            value.append(c);
        }
        throw new MalformedConnectionStringException("has a quote that does not end in the value of " + key);
    }
}
