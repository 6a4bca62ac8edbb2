package dev.spillway.core.config;

import java.util.regex.Pattern;

/** Whole numbers, both ends of the range included. */
record IntegerType(int min, int max) implements SettingType<Integer> {
    private static final Pattern DIGITS = Pattern.compile("-?[0-9]{1,18}");

    @Override
    public String label() {
        return "a whole number from " + min + " to " + max;
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.INTEGER;
    }

    @Override
    public Integer parse(String text) throws BadValueException {
        if (!DIGITS.matcher(text).matches()) {
            throw new BadValueException("must be " + label() + ", not '" + text + "'");
        }
        long value = Long.parseLong(text);
        if (value < min || value > max) {
            throw new BadValueException("must be " + label() + ", not " + value);
        }
        return (int) value;
    }

    @Override
    public String format(Integer value) {
        return value.toString();
    }

    @Override
    public String toml(Integer value) {
        return value.toString();
    }
}
