package dev.spillway.core.config;

import java.nio.charset.StandardCharsets;

/** A directory for Unix sockets, or after {@code @} a name in Linux's abstract namespace. */
record SocketDirType() implements SettingType<String> {
    /** What fits into sun_path (108 bytes with its end) before {@code /.s.PGSQL.65535}. */
    private static final int MAX_BYTES = 107 - "/.s.PGSQL.65535".length();

    /** Is this the place of a Unix socket, and not a host? */
    static boolean isSocketDir(String text) {
        return text.startsWith("/") || text.startsWith("@");
    }

    @Override
    public String label() {
        return "a directory that begins with /, or @ and an abstract name";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public String parse(String text) throws BadValueException {
        if (!isSocketDir(text) || text.length() == 1 || text.chars().anyMatch(c -> c < ' ' || c == ',')) {
            throw new BadValueException("must be " + label() + ", without commas, not '" + text + "'");
        }
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw new BadValueException("is " + bytes + " bytes long, but the system takes no more than " + MAX_BYTES
                    + " for the directory of a Unix socket");
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
