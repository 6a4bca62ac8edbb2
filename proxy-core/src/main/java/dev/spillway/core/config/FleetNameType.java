package dev.spillway.core.config;

import java.util.regex.Pattern;

/** A name that has its place in an application_name. */
record FleetNameType() implements SettingType<String> {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,24}");

    @Override
    public String label() {
        return "1 to 24 letters, digits, _ and -";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public String parse(String text) throws BadValueException {
        if (!NAME.matcher(text).matches()) {
            throw new BadValueException("must be " + label() + ", not '" + text + "'");
        }
        return text;
    }

    @Override
    public String format(String value) {
        return value;
    }

    @Override
    public String toml(String value) {
        return SettingType.quote(value);
    }
}
