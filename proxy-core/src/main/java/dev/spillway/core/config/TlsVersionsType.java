package dev.spillway.core.config;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Versions of TLS as PgBouncer lists them: words with commas or colons between, of which {@code !} takes one away. */
record TlsVersionsType() implements SettingType<Set<TlsVersion>> {
    static final Set<TlsVersion> SECURE = Collections.unmodifiableSet(EnumSet.of(TlsVersion.V1_2, TlsVersion.V1_3));
    private static final Set<TlsVersion> ALL = Collections.unmodifiableSet(EnumSet.allOf(TlsVersion.class));

    @Override
    public String label() {
        return "a list of tlsv1.0, tlsv1.1, tlsv1.2, tlsv1.3, or secure, or all";
    }

    @Override
    public boolean accepts(RawValue.Kind kind) {
        return kind == RawValue.Kind.STRING;
    }

    @Override
    public Set<TlsVersion> parse(String text) throws BadValueException {
        EnumSet<TlsVersion> versions = EnumSet.noneOf(TlsVersion.class);
        for (String part : text.split("[,:]", -1)) {
            String word = part.strip().toLowerCase(Locale.ROOT);
            if (!word.startsWith("!")) {
                versions.addAll(versions(word, text));
                continue;
            }
            if (versions.isEmpty()) {
                versions.addAll(ALL);
            }
            versions.removeAll(versions(word.substring(1), text));
        }
        if (versions.isEmpty()) {
            throw new BadValueException("leaves no version of TLS: '" + text + "'");
        }
        return Collections.unmodifiableSet(versions);
    }

    private Set<TlsVersion> versions(String word, String text) throws BadValueException {
        return switch (word) {
            case "all", "tlsv1", "legacy" -> ALL;
            case "default", "secure" -> SECURE;
            default -> Set.of(version(word, text));
        };
    }

    private TlsVersion version(String word, String text) throws BadValueException {
        for (TlsVersion version : TlsVersion.values()) {
            if (version.spelling().equals(word)) {
                return version;
            }
        }
        throw new BadValueException("must be " + label() + ", not '" + text + "'");
    }

    @Override
    public String format(Set<TlsVersion> value) {
        if (value.equals(SECURE)) {
            return "secure";
        }
        return value.equals(ALL)
                ? "all"
                : value.stream().sorted().map(TlsVersion::spelling).collect(Collectors.joining(","));
    }

    @Override
    public String toml(Set<TlsVersion> value) {
        return SettingType.quote(format(value));
    }
}
