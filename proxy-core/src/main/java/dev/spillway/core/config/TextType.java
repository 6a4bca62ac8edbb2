package dev.spillway.core.config;

/** Any text. */
record TextType() implements SettingType<String> {
    @Override
    public String label() {
        return "a text";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public String parse(String text) throws BadValueException {
        // The wire protocol ends every string with a zero byte.
        if (text.indexOf('\0') >= 0) {
            throw new BadValueException("must not contain a zero character");
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
