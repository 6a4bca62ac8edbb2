package dev.spillway.server.configfile;

import dev.spillway.core.config.Settings;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One setting of PgBouncer's section {@code [pgbouncer]}: how its values are written there, and what that is in ours. Immutable.
 *
 * @param defaultText PgBouncer's default as it would be written; null: none
 */
record PgBouncerSetting(String name, Kind kind, @Nullable String defaultText) {
    /** What values look like. */
    enum Kind {
        /** A whole number, as C reads it: {@code 010} is eight, {@code 0x10} sixteen. */
        NUMBER,
        /** A number that is not zero for yes. */
        FLAG,
        /** Seconds with fractions. */
        TIME,
        TEXT,
        /** With commas between. */
        LIST,
        /** With commas or blanks between. */
        WORDS
    }

    /** A pool without a size of its own: PostgreSQL has no more connections than that. */
    static final String NO_LIMIT = "262143";

    private static final Pattern NUMBER =
            Pattern.compile("[+-]?(0[xX][0-9a-fA-F]{1,15}|0[0-7]{0,18}|[1-9][0-9]{0,17})");
    private static final Pattern SECONDS = Pattern.compile("\\+?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?");
    private static final BigDecimal YEAR = BigDecimal.valueOf(365L * 24 * 60 * 60);

    /** What is wrong with a value, to follow the setting's name. */
    static final class MalformedValueException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedValueException(String message) {
            super(message);
        }
    }

    /** Does Spillway have it? */
    boolean isEffective() {
        return Settings.global().stream().anyMatch(setting -> setting.name().equals(name));
    }

    /** Does {@code text} say of a setting that has no effect that it is to have none? */
    boolean isOff(String text) {
        return text.isEmpty() || text.equals("0") || text.equals("disable");
    }

    /** {@code text} as our setting of that name has it. */
    String translate(String text) throws MalformedValueException {
        return switch (kind) {
            case NUMBER -> translateNumber(number(text));
            case FLAG -> number(text) == 0 ? "0" : "1";
            case TIME -> time(text);
            case TEXT -> name.equals("server_check_query") ? checkQuery(text) : text;
            case LIST -> names(text, ",");
            case WORDS -> names(text, "[,\\s]");
        };
    }

    private long number(String text) throws MalformedValueException {
        if (!NUMBER.matcher(text).matches()) {
            throw new MalformedValueException("must be a whole number, not '" + text + "'");
        }
        return Long.decode(text);
    }

    private String translateNumber(long number) {
        return switch (name) {
            case "unix_socket_mode" -> String.format(Locale.ROOT, "%04o", number);
            case "default_pool_size" -> number == 0 ? NO_LIMIT : Long.toString(number);
            default -> Long.toString(number);
        };
    }

    /** In microseconds, as PgBouncer keeps it. More than a year is as good as a year. */
    private String time(String text) throws MalformedValueException {
        if (!SECONDS.matcher(text).matches()) {
            throw new MalformedValueException("must be a number of seconds, not '" + text + "'");
        }
        BigDecimal seconds = new BigDecimal(text).min(YEAR).setScale(6, RoundingMode.DOWN);
        // PgBouncer checks each server then; ours checks those that were idle for longer than that.
        boolean isAlways = name.equals("server_check_delay") && seconds.signum() == 0;
        return isAlways ? "0.000001" : seconds.stripTrailingZeros().toPlainString();
    }

    /** PgBouncer's word for an empty query, which it sends; with empty text it sends none, as we do. */
    private static String checkQuery(String text) {
        return text.equals("<empty>") ? ";" : text;
    }

    /** PgBouncer does not mind names that are empty or stand there twice. */
    private static String names(String text, String separator) {
        return Stream.of(text.split(separator, -1))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .distinct()
                .collect(Collectors.joining(","));
    }
}
