package dev.spillway.core.config;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Understands the tables of one scope (the proxy, one database, one user), lowest layer first. Used by one thread. */
final class TableReader {
    private final Map<String, Setting<?>> known = new LinkedHashMap<>();
    private final String where;
    private final Problems problems;
    private final Map<Setting<?>, Source> sources = new HashMap<>();
    private final Set<Setting<?>> broken = new HashSet<>();
    private Source source;
    private SettingValues values = SettingValues.DEFAULTS;

    /** {@code where} continues "unknown setting 'x'" and "setting", such as {@code " in [users.app]"}. */
    TableReader(List<Setting<?>> settings, String where, Source source, Problems problems) {
        settings.forEach(setting -> known.put(setting.name(), setting));
        this.where = where;
        this.source = source;
        this.problems = problems;
    }

    void read(RawTable table) {
        source = table.source();
        table.values().forEach(this::read);
    }

    private void read(String name, RawValue raw) {
        @Nullable Setting<?> setting = known.get(name);
        if (setting == null) {
            addUnknown(name, raw.source());
        } else {
            read(setting, raw);
        }
    }

    private <T> void read(Setting<T> setting, RawValue raw) {
        try {
            values = values.with(setting, setting.parse(raw));
            sources.put(setting, raw.source());
        } catch (BadValueException e) {
            problems.add(raw.source(), setting.name() + where + " " + e.getMessage());
            broken.add(setting);
        }
    }

    private void addUnknown(String name, Source place) {
        boolean isMisplaced =
                Settings.global().stream().anyMatch(setting -> setting.name().equals(name));
        if (isMisplaced) {
            problems.add(place, "setting '" + name + "' does not belong" + where + ": it stands before every [table]");
        } else {
            problems.addUnknown(place, "setting", name, where, known.keySet());
        }
    }

    SettingValues values() {
        return values;
    }

    /** The table's own place, of the highest layer that has it. */
    Source source() {
        return source;
    }

    /** Where the value in force was written, or null for the default. */
    @Nullable
    Source sourceOf(Setting<?> setting) {
        return sources.get(setting);
    }

    /** Whether all of them are what was meant: nothing may be concluded from a value that could not be read. */
    boolean areSound(Setting<?>... settings) {
        return List.of(settings).stream().noneMatch(broken::contains);
    }
}
