package dev.spillway.core.config;

/** A number from 1 on, or {@code auto}, which is kept as 0. */
record AutoCountType(int max) implements SettingType<Integer> {
    private static final String AUTO = "auto";

    @Override
    public String label() {
        return "auto or a whole number from 1 to " + max;
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.INTEGER || kind == RawValue.Kind.STRING;
    }

    @Override
    public Integer parse(String text) throws BadValueException {
        if (text.equalsIgnoreCase(AUTO)) {
            return 0;
        }
        try {
            return new IntegerType(1, max).parse(text);
        } catch (BadValueException e) {
            throw new BadValueException("must be " + label() + ", not '" + text + "'");
        }
    }

    @Override
    public String format(Integer value) {
        return value == 0 ? AUTO : value.toString();
    }

    @Override
    public String toml(Integer value) {
        return value == 0 ? SettingType.quote(AUTO) : value.toString();
    }
}
