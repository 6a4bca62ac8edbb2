package dev.spillway.core.config;

import java.util.Locale;
import java.util.regex.Pattern;

/** Permissions of a file, in octal digits as chmod takes them. */
record FileModeType() implements SettingType<Integer> {
    private static final Pattern OCTAL = Pattern.compile("0?[0-7]{3}");

    @Override
    public String label() {
        return "three octal digits such as \"0770\"";
    }

    /** No number: that of TOML has another base. */
    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public Integer parse(String text) throws BadValueException {
        if (!OCTAL.matcher(text).matches()) {
            throw new BadValueException("must be " + label() + ", not '" + text + "'");
        }
        return Integer.parseInt(text, 8);
    }

    @Override
    public String format(Integer value) {
        return String.format(Locale.ROOT, "%04o", value);
    }

    @Override
    public String toml(Integer value) {
        return SettingType.quote(format(value));
    }
}
