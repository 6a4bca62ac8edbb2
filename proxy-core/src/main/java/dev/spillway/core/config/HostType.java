package dev.spillway.core.config;

/** One host: a name, or an IPv4 or IPv6 address. */
record HostType() implements SettingType<String> {
    @Override
    public String label() {
        return "a host name or address";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public String parse(String text) throws BadValueException {
        if (text.startsWith("/") || text.startsWith("@")) {
            throw new BadValueException("names a Unix socket, which is not supported yet: use a host name or address");
        }
        if (text.contains(",")) {
            throw new BadValueException("names several hosts, which is not supported yet: use one");
        }
        if (text.isEmpty() || text.chars().anyMatch(c -> c <= ' ' || "[]/?#@".indexOf(c) >= 0)) {
            throw new BadValueException("must be " + label() + " (IPv6 without brackets), not '" + text + "'");
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
