package dev.spillway.core.config;

/** A password or stored secret. Its problems and printed forms never show it. */
record SecretType() implements SettingType<Secret> {
    @Override
    public String label() {
        return "a password";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public Secret parse(String text) throws BadValueException {
        if (text.indexOf('\0') >= 0) {
            throw new BadValueException("must not contain a zero character");
        }
        return Secret.of(text);
    }

    @Override
    public String format(Secret value) {
        return value.toString();
    }

    @Override
    public String toml(Secret value) {
        return SettingType.quote(value.toString());
    }

    @Override
    public String tomlUnmasked(Secret value) {
        return SettingType.quote(value.reveal());
    }
}
