package dev.spillway.core.session.prepared;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings that PostgreSQL reads a statement's text under: literals are turned into values when it is parsed, so a {@code
 * '01/02/2024'::date} keeps the DateStyle of whoever parsed it first. Stateless.
 *
 * <p>{@code search_path} is none of them: names are looked up anew whenever it differs.
 */
public final class ParseContext {
    private static final List<String> OF_LITERALS =
            List.of("standard_conforming_strings", "DateStyle", "IntervalStyle", "TimeZone");
    private static final List<String> NOT_REPORTED = List.of("backslash_quote", "array_nulls", "xmloption");

    private ParseContext() {}

    /**
     * Of a statement with this text.
     *
     * @param body the text, and what follows its NUL
     * @param reported what the server reports to be in force for the client now
     * @param wanted what else the client has set, by names without case
     */
    public static List<String> of(byte[] body, Map<String, String> reported, Map<String, String> wanted) {
        boolean hasLiterals = StatementText.mayHaveLiterals(body);
        boolean isAscii = StatementText.isAscii(body);
        String nullEquals = wanted.get("transform_null_equals");
        if (!hasLiterals && isAscii && nullEquals == null) {
            return List.of();
        }
        List<String> context = new ArrayList<>();
        context.add(text(nullEquals));
        context.add(isAscii ? "" : text(reported.get("client_encoding")));
        if (hasLiterals) {
            OF_LITERALS.forEach(name -> context.add(text(reported.get(name))));
            NOT_REPORTED.forEach(name -> context.add(text(wanted.get(name))));
        }
        return List.copyOf(context);
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }
}
