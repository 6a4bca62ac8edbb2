package dev.spillway.core.config;

import java.util.Locale;

/** Yes or no, in every spelling PgBouncer and PostgreSQL understand. */
record FlagType() implements SettingType<Boolean> {
    @Override
    public String label() {
        return "true or false";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        // PgBouncer's files say log_connections = 1.
        return kind == RawValue.Kind.BOOLEAN || kind == RawValue.Kind.INTEGER;
    }

    @Override
    public Boolean parse(String text) throws BadValueException {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "1", "on", "yes" -> true;
            case "false", "0", "off", "no" -> false;
            default -> throw new BadValueException("must be " + label() + ", not '" + text + "'");
        };
    }

    @Override
    public String format(Boolean value) {
        return value ? "1" : "0";
    }

    @Override
    public String toml(Boolean value) {
        return value.toString();
    }
}
