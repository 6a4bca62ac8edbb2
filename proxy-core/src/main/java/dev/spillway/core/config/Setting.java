package dev.spillway.core.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One row of the registry: everything that is known about a setting, in one place. Immutable; a setting is equal to
 * itself
 * alone. Rows are written in {@link Settings} and nowhere else.
 *
 * @param <T> its values
 */
public final class Setting<T> {
    /** Whether a running proxy can take a new value. */
    enum Change {
        RELOAD,
        RESTART
    }

    private final String name;
    private final SettingType<T> type;
    private final @Nullable T defaultValue;
    private final String sample;
    private final Change change;
    private final String doc;

    private Setting(
            String name, SettingType<T> type, @Nullable T defaultValue, String sample, Change change, String doc) {
        this.name = name;
        this.type = type;
        this.defaultValue = defaultValue;
        this.sample = sample;
        this.change = change;
        this.doc = doc;
    }

    /** A setting that always has a value. */
    static <T> Setting<T> of(String name, SettingType<T> type, T defaultValue, Change change, String doc) {
        return new Setting<>(name, type, defaultValue, type.toml(defaultValue), change, doc);
    }

    /** A setting that may be absent, which the empty text means too; {@code sample} is TOML for the sample file. */
    static <T> Setting<T> optional(String name, SettingType<T> type, String sample, Change change, String doc) {
        return new Setting<>(name, type, null, sample, change, doc);
    }

    /** As in files and in SHOW CONFIG: {@code default_pool_size}. */
    public String name() {
        return name;
    }

    /** The variable that sets it: {@code SPILLWAY_DEFAULT_POOL_SIZE}. Only global settings have one. */
    public String environmentName() {
        return "SPILLWAY_" + name.toUpperCase(Locale.ROOT);
    }

    /** What it is for: one line of prose. */
    public String doc() {
        return doc;
    }

    /** What its values look like, in words, range or choices included. */
    public String typeLabel() {
        return type.label();
    }

    /** Its default as TOML, or an example where it has none. */
    public String sample() {
        return sample;
    }

    /** Whether it may be left without a value. */
    public boolean isOptional() {
        return defaultValue == null;
    }

    /** Whether a new value applies to a running proxy. */
    public boolean isReloadable() {
        return change == Change.RELOAD;
    }

    /** Its default, as PgBouncer would show it; empty where it has none. */
    public String defaultText() {
        return defaultValue == null ? "" : type.format(defaultValue);
    }

    @Nullable
    T defaultValue() {
        return defaultValue;
    }

    /** The value, or null where what was written means "none", so that the default holds. */
    @Nullable
    T parse(RawValue raw) throws BadValueException {
        RawValue.Kind kind = raw.kind();
        if (kind == RawValue.Kind.UNSET || (isOptional() && raw.text().isEmpty())) {
            return null;
        }
        if (kind != RawValue.Kind.UNTYPED && !type.accepts(kind)) {
            throw new BadValueException("must be " + type.label() + ", not " + kind.label());
        }
        return type.parse(raw.text());
    }

    /** The value as TOML, secrets in clear text; null where the default holds. */
    @Nullable
    String toml(SettingValues values) {
        @Nullable T value = values.find(this);
        return value == null || value.equals(defaultValue) ? null : type.tomlUnmasked(value);
    }

    String format(SettingValues values) {
        @Nullable T value = values.find(this);
        return value == null ? "" : type.format(value);
    }

    @Override
    public String toString() {
        return name;
    }
}
