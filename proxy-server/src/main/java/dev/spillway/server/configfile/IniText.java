package dev.spillway.server.configfile;

import java.util.ArrayList;
import java.util.List;

/**
 * Takes the text of a file in PgBouncer's format apart, as PgBouncer does: {@code ;} and {@code #} begin a comment at the
 * beginning of a line and nowhere else; keys are letters, digits and {@code _.-*}, or stand in quotes; a value goes to the end of
 * its line. Where PgBouncer stops at what it does not understand, this goes on with the next line. Used by one thread.
 *
 * @see <a href="https://www.pgbouncer.org/config.html">PgBouncer's documentation of its file</a>
 */
final class IniText {
    private static final String INCLUDE = "%include";

    private final String text;
    private final List<IniItem> items = new ArrayList<>();
    private int at;
    private int line = 1;

    private IniText(String text) {
        this.text = text;
    }

    static List<IniItem> parse(String text) {
        IniText parser = new IniText(text);
        parser.parse();
        return List.copyOf(parser.items);
    }

    private void parse() {
        for (skipSpace(); at < text.length(); skipSpace()) {
            char first = text.charAt(at);
            if (first == ';' || first == '#') {
                restOfLine();
            } else if (first == '[') {
                section();
            } else if (isInclude()) {
                at += INCLUDE.length();
                items.add(new IniItem.Include(restOfLine(), line));
            } else {
                entry();
            }
        }
    }

    private boolean isInclude() {
        int next = at + INCLUDE.length();
        return text.startsWith(INCLUDE, at) && next < text.length() && isBlank(text.charAt(next));
    }

    private void section() {
        int end = at;
        while (end < text.length() && text.charAt(end) != ']' && text.charAt(end) != '\n') {
            end++;
        }
        if (end == text.length() || text.charAt(end) == '\n') {
            broken("a section needs a ] at its end");
            return;
        }
        items.add(new IniItem.Section(text.substring(at + 1, end), line));
        at = end + 1;
    }

    private void entry() {
        char first = text.charAt(at);
        String key = first == '\'' || first == '"' ? quotedKey(first) : bareKey();
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
        if (key.isEmpty() || at == text.length() || text.charAt(at) != '=') {
            broken("expected KEY = VALUE, [SECTION], %include FILE or a comment");
            return;
        }
        at++;
        items.add(new IniItem.Entry(key, restOfLine(), line));
    }

    private String bareKey() {
        int begin = at;
        while (at < text.length() && isKeyCharacter(text.charAt(at))) {
            at++;
        }
        return text.substring(begin, at);
    }

    /** PgBouncer's program takes single quotes, its documentation says double ones, in which two are one. */
    private String quotedKey(char quote) {
        StringBuilder key = new StringBuilder();
        at++;
        while (at < text.length() && text.charAt(at) != '\n') {
            char c = text.charAt(at++);
            boolean isDoubled = quote == '"' && c == quote && at < text.length() && text.charAt(at) == quote;
            if (c == quote && !isDoubled) {
                return key.toString();
            }
            at += isDoubled ? 1 : 0;
            key.append(c);
        }
        return "";
    }

    private void broken(String problem) {
        items.add(new IniItem.Broken(problem, line));
        restOfLine();
    }

    /** Up to the line's end, without blanks at either end. */
    private String restOfLine() {
        int end = text.indexOf('\n', at);
        String rest = text.substring(at, end < 0 ? text.length() : end);
        at = end < 0 ? text.length() : end;
        int begin = 0;
        while (begin < rest.length() && isBlank(rest.charAt(begin))) {
            begin++;
        }
        int stop = rest.length();
        while (stop > begin && isSpace(rest.charAt(stop - 1))) {
            stop--;
        }
        return rest.substring(begin, stop);
    }

    private void skipSpace() {
        while (at < text.length() && isSpace(text.charAt(at))) {
            line += text.charAt(at) == '\n' ? 1 : 0;
            at++;
        }
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private static boolean isSpace(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    private static boolean isKeyCharacter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || "_.-*".indexOf(c) >= 0;
    }
}
