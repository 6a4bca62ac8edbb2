package dev.spillway.core.session.state;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whatever may be the name of a custom setting ({@code app.tenant}): PostgreSQL does not list those, so they have to be asked
 * for by name. Most of what has a dot is none, and has no value then. Stateless.
 */
final class DottedNames {
    private static final String LETTER = "[\\p{L}_]";
    private static final String WORD = LETTER + "[\\p{L}\\p{N}_$]*+";
    private static final Pattern DOTTED_NAME = Pattern.compile(WORD + "(?:\\." + WORD + ")++");

    private DottedNames() {}

    /** Those in {@code text}, in lower case; at most {@code most}. */
    static Set<String> in(String text, int most) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = DOTTED_NAME.matcher(text);
        while (names.size() < most && matcher.find()) {
            names.add(matcher.group().toLowerCase(Locale.ROOT));
        }
        return names;
    }
}
