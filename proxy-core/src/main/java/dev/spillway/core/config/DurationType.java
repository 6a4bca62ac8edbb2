package dev.spillway.core.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Spans of time from 0 to a year: plain numbers are seconds as in PgBouncer, units are spelled as in PostgreSQL. */
record DurationType() implements SettingType<Duration> {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,6})?) ?(ms|s|min|h|d)?");
    private static final long MAX_NANOS = Duration.ofDays(365).toNanos();

    @Override
    public String label() {
        return "a duration from 0 to 365d such as 30, 0.5, \"500ms\", \"30s\", \"5min\", \"2h\" or \"1d\"";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.INTEGER || kind == RawValue.Kind.FLOAT || kind == RawValue.Kind.STRING;
    }

    @Override
    public Duration parse(String text) throws BadValueException {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text);
        if (!matcher.matches()) {
            throw new BadValueException("must be " + label() + ", not '" + text + "'");
        }
        BigDecimal nanos = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unitNanos(matcher.group(2))));
        if (nanos.compareTo(BigDecimal.valueOf(MAX_NANOS)) > 0) {
            throw new BadValueException("must be " + label() + ", not '" + text + "'");
        }
        // At most six decimals of a millisecond: a whole number of nanoseconds.
        return Duration.ofNanos(nanos.longValueExact());
    }

    private static long unitNanos(@Nullable String unit) {
        return switch (unit) {
            case "ms" -> 1_000_000L;
            case "min" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            case "d" -> 86_400_000_000_000L;
            case null, default -> 1_000_000_000L;
        };
    }

    /** Seconds, as PgBouncer shows them. */
    @Override
    public String format(Duration value) {
        BigDecimal seconds = BigDecimal.valueOf(value.toNanos(), 9).stripTrailingZeros();
        return seconds.toPlainString();
    }

    @Override
    public String toml(Duration value) {
        return SettingType.quote(text(value));
    }

    /** In the largest of ms, s, min and h that makes it a whole number; {@link #parse} understands it. */
    static String text(Duration value) {
        long millis = value.toMillis();
        if (millis % 1000 != 0 || value.toNanos() % 1_000_000 != 0) {
            return BigDecimal.valueOf(value.toNanos(), 6).stripTrailingZeros().toPlainString() + "ms";
        }
        long seconds = millis / 1000;
        if (seconds == 0 || seconds % 60 != 0) {
            return seconds + "s";
        }
        return seconds % 3600 == 0 ? seconds / 3600 + "h" : seconds / 60 + "min";
    }
}
