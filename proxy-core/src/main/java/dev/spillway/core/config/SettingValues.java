package dev.spillway.core.config;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Values of settings, each of its setting's type; a setting that was not given has its default. Immutable and usable
 * from
 * any thread. Two are equal when every setting has the same value, however it came by it. It never prints a secret.
 */
public final class SettingValues {
    static final SettingValues DEFAULTS = new SettingValues(Map.of());

    /** Only what differs from the default, which makes equality mean what it says. */
    private final Map<Setting<?>, Object> changed;

    private final int hash;

    private SettingValues(Map<Setting<?>, Object> changed) {
        this.changed = changed;
        this.hash = changed.hashCode();
    }

    /** The value of a setting that always has one. */
    <T> T get(Setting<T> setting) {
        return Objects.requireNonNull(find(setting), setting.name());
    }

    /** The value, or null for an optional setting that has none. */
    // Unchecked: with() is the only way in, and there the compiler paired setting and value.
    @SuppressWarnings("unchecked")
    <T> @Nullable T find(Setting<T> setting) {
        @Nullable T value = (T) changed.get(setting);
        return value == null ? setting.defaultValue() : value;
    }

    /** A copy with another value; null takes the default back. */
    <T> SettingValues with(Setting<T> setting, @Nullable T value) {
        Map<Setting<?>, Object> copy = new HashMap<>(changed);
        if (value == null || value.equals(setting.defaultValue())) {
            copy.remove(setting);
        } else {
            copy.put(setting, value);
        }
        return new SettingValues(Map.copyOf(copy));
    }

    /** A copy with the value that {@code other} has. */
    <T> SettingValues withThatOf(SettingValues other, Setting<T> setting) {
        return with(setting, other.find(setting));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof SettingValues that && hash == that.hash && changed.equals(that.changed));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** What differs from the defaults, by name. */
    @Override
    public String toString() {
        Map<String, String> texts = new TreeMap<>();
        changed.keySet().forEach(setting -> texts.put(setting.name(), setting.format(this)));
        return texts.toString();
    }
}
