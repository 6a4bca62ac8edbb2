package dev.spillway.core.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Makes a {@link ProxyConfig} of layers: understands every value of every layer, lets higher layers win setting by
 * setting,
 * and reports all that is wrong. Used by one thread. It never reads a file or the environment itself.
 */
public final class SettingsReader {
    private final List<Layer> layers;
    private final Problems problems;

    /** {@code layers}: the lowest, which every other overrides, first. */
    public SettingsReader(List<Layer> layers, Problems problems) {
        this.layers = List.copyOf(layers);
        this.problems = problems;
    }

    /** The configuration, to be used only if {@code problems} is empty afterwards. */
    public ProxyConfig read() {
        TableReader global = new TableReader(Settings.global(), "", Source.WHOLE, problems);
        Map<String, TableReader> databases = new LinkedHashMap<>();
        Map<String, TableReader> users = new LinkedHashMap<>();
        for (Layer layer : layers) {
            global.read(layer.global());
            read(layer.databases(), databases, name -> reader(Settings.database(), "databases", name));
            read(layer.users(), users, name -> reader(Settings.user(), "users", name));
        }
        ProxyConfig config = config(global.values(), databases, users);
        boolean isComplete = layers.stream().noneMatch(Layer::isUnreadable);
        boolean needsDatabase = layers.stream().noneMatch(Layer::mayHaveNoDatabase);
        new Consistency(config, global, databases, users, problems, doubts()).check(isComplete, needsDatabase);
        return config;
    }

    private Problems doubts() {
        return layers.stream()
                .map(Layer::doubts)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(problems);
    }

    private static void read(
            Map<String, RawTable> tables, Map<String, TableReader> readers, Function<String, TableReader> newReader) {
        tables.forEach((name, table) -> readers.computeIfAbsent(name, newReader).read(table));
    }

    private TableReader reader(List<Setting<?>> settings, String kind, String name) {
        return new TableReader(settings, " in [" + kind + "." + name + "]", Source.WHOLE, problems);
    }

    private static ProxyConfig config(
            SettingValues global, Map<String, TableReader> databases, Map<String, TableReader> users) {
        Map<String, DatabaseConfig> databaseConfigs = new LinkedHashMap<>();
        Map<String, UserConfig> userConfigs = new LinkedHashMap<>();
        databases.forEach((name, table) -> databaseConfigs.put(name, new DatabaseConfig(name, table.values())));
        users.forEach((name, table) -> userConfigs.put(name, new UserConfig(name, table.values())));
        return new ProxyConfig(global, databaseConfigs, userConfigs);
    }
}
