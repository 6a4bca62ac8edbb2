package dev.spillway.server.top;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jline.utils.WCWidth;

/** Numbers and names in few columns. What comes from elsewhere is shown without anything that a terminal would obey. Stateless. */
final class Words {
    private static final String INDENT = "        ";
    private static final long MINUTE = 60;
    private static final long HOUR = 3600;
    private static final long DAY = 86400;

    private Words() {}

    /** At most 5 columns. */
    static String count(double number) {
        if (number > 0 && number < 9.95) {
            String text = String.format(Locale.ROOT, "%.1f", number);
            return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
        }
        if (number < 99_999.5) {
            return Long.toString(Math.round(number));
        }
        return number < 9_999_500
                ? Math.round(number / 1e3) + "k"
                : number < 9_999.5e6 ? Math.round(number / 1e6) + "M" : Math.round(number / 1e9) + "G";
    }

    static String count(long number) {
        return count((double) number);
    }

    /** A time in at most 5 columns. */
    static String time(double seconds) {
        if (seconds <= 0) {
            return "0";
        }
        if (seconds < 0.9995e-3) {
            return Math.max(1, Math.round(seconds * 1e6)) + "us";
        }
        if (seconds < 9.95e-3) {
            return String.format(Locale.ROOT, "%.1fms", seconds * 1e3);
        }
        if (seconds < 0.9995) {
            return Math.round(seconds * 1e3) + "ms";
        }
        if (seconds < 9.95) {
            return String.format(Locale.ROOT, "%.1fs", seconds);
        }
        if (seconds < 2 * MINUTE) {
            return Math.round(seconds) + "s";
        }
        return seconds < 99 * MINUTE
                ? Math.round(seconds / MINUTE) + "min"
                : seconds < 2 * DAY ? Math.round(seconds / HOUR) + "h" : Math.round(seconds / DAY) + "d";
    }

    static String many(long count, String one, String more) {
        return count + " " + (count == 1 ? one : more);
    }

    /** In {@code width} columns; with {@code ~} at the end where something is missing. */
    static String fit(String text, int width) {
        return cut(text, width) + " ".repeat(Math.max(0, width - columns(text)));
    }

    static String right(String text, int width) {
        return " ".repeat(Math.max(0, width - columns(text))) + cut(text, width);
    }

    /** At most {@code width} columns of it, and nothing that a terminal would obey. */
    static String cut(String text, int width) {
        String clean = clean(text);
        if (columns(clean) <= width) {
            return clean;
        }
        StringBuilder some = new StringBuilder();
        int used = 0;
        for (int each : clean.codePoints().toArray()) {
            int more = WCWidth.wcwidth(each);
            if (used + more > width - 1) {
                break;
            }
            some.appendCodePoint(each);
            used += more;
        }
        return some.append("~")
                .append(" ".repeat(Math.max(0, width - 1 - used)))
                .toString();
    }

    /** {@code text} in lines of at most {@code width} columns, broken between words; those after {@code limit} are left out. */
    static List<String> wrap(String text, int width, int limit) {
        List<String> lines = new ArrayList<>();
        String rest = clean(text);
        while (columns(rest) > width && lines.size() < limit - 1) {
            int whole = cut(rest, width).stripTrailing().length() - 1;
            int space = rest.lastIndexOf(' ', whole);
            int end = space > INDENT.length() ? space : whole;
            lines.add(rest.substring(0, end));
            rest = INDENT + rest.substring(end).strip();
        }
        lines.add(cut(rest, width));
        return lines;
    }

    static int columns(String text) {
        return clean(text).codePoints().map(WCWidth::wcwidth).sum();
    }

    private static String clean(String text) {
        return text.codePoints()
                .map(each -> isPlain(each) ? each : '?')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static boolean isPlain(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> WCWidth.wcwidth(codePoint) >= 0;
        };
    }
}
