package dev.spillway.core.config;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/** Names without commas, in the order written, each once: comma-separated as in PgBouncer, or an array of TOML. */
record NamesType() implements SettingType<Set<String>> {
    @Override
    public String label() {
        return "a list of names, comma-separated or an array of strings";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.ARRAY || kind == RawValue.Kind.STRING;
    }

    @Override
    public Set<String> parse(String text) throws BadValueException {
        Set<String> names = new LinkedHashSet<>();
        if (text.isBlank()) {
            return Collections.unmodifiableSet(names);
        }
        for (String part : text.split(",", -1)) {
            String name = part.strip();
            if (name.isEmpty()) {
                throw new BadValueException("has an empty name in its list '" + text + "'");
            }
            if (!names.add(name)) {
                throw new BadValueException("has '" + name + "' twice in its list");
            }
        }
        return Collections.unmodifiableSet(names);
    }

    @Override
    public String format(Set<String> value) {
        return String.join(",", value);
    }

    @Override
    public String toml(Set<String> value) {
        return value.stream().map(SettingType::quote).collect(Collectors.joining(", ", "[", "]"));
    }
}
