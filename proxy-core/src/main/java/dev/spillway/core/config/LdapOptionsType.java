package dev.spillway.core.config;

/** {@link LdapOptions}. They may hold a password, so nothing of them is printed. */
record LdapOptionsType() implements SettingType<LdapOptions> {
    @Override
    public String label() {
        return "options of the method ldap, as pg_hba.conf has them";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public LdapOptions parse(String text) throws BadValueException {
        try {
            return LdapOptions.parse(text);
        } catch (LdapOptions.MalformedException e) {
            throw new BadValueException(e.text());
        }
    }

    @Override
    public String format(LdapOptions value) {
        return value.text().toString();
    }

    @Override
    public String toml(LdapOptions value) {
        return SettingType.quote(value.text().toString());
    }

    @Override
    public String tomlUnmasked(LdapOptions value) {
        return SettingType.quote(value.text().reveal());
    }
}
