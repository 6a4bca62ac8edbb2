package dev.spillway.server.configfile;

import dev.spillway.core.config.Layer;
import dev.spillway.core.config.Problems;
import dev.spillway.core.config.RawValue;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Source;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads environment variables that are settings. Keeps no state. */
final class EnvironmentLayers {
    /** Variables of the launcher and the command line, which are not settings: docs/settings.md describes them. */
    static final Set<String> NOT_SETTINGS =
            Set.of("SPILLWAY_CONFIG", "SPILLWAY_JAVA_HOME", "SPILLWAY_JAVA_OPTS", "SPILLWAY_READY_FILE");

    /** What applications' own pools are commonly configured with, and what it means here. */
    static final Map<String, Setting<?>> POOL_VARIABLES = poolVariables();

    private static final String PREFIX = "SPILLWAY_";
    /** In the words of pools that recycle nothing. */
    private static final String NEVER = "-1";
    /** The longest that a setting can say. */
    private static final String LONGEST = "365d";

    private EnvironmentLayers() {}

    private static Map<String, Setting<?>> poolVariables() {
        Map<String, Setting<?>> variables = new LinkedHashMap<>();
        variables.put("DB_POOL_SIZE", Settings.DEFAULT_POOL_SIZE);
        variables.put("DB_MAX_OVERFLOW", Settings.RESERVE_POOL_SIZE);
        variables.put("DB_POOL_TIMEOUT", Settings.QUERY_WAIT_TIMEOUT);
        variables.put("DB_POOL_RECYCLE", Settings.SERVER_LIFETIME);
        return variables;
    }

    /**
     * What applications say to their own pools, as far as it means the same here. An empty variable says nothing, as where one is
     * passed on that may not be set.
     */
    static Layer poolVariables(Map<String, String> environment, Problems problems) {
        Layer layer = new Layer(Source.environment("DB_…"));
        POOL_VARIABLES.forEach((variable, setting) -> {
            String value = environment.getOrDefault(variable, "").strip();
            if (setting == Settings.QUERY_WAIT_TIMEOUT && isZero(value)) {
                problems.add(
                        Source.environment(variable),
                        "0 is 'do not wait' to some pools and 'wait for ever' to others: give a time, or set "
                                + setting.environmentName() + " (0 waits for ever)");
            } else if (setting == Settings.SERVER_LIFETIME && value.equals(NEVER)) {
                put(layer, setting.name(), variable, LONGEST);
            } else if (!value.isEmpty()) {
                put(layer, setting.name(), variable, value);
            }
        });
        return layer;
    }

    private static boolean isZero(String value) {
        return value.matches("0+(\\.0*)?");
    }

    /** Those that say something else than the setting that overrides them, in words. */
    static List<String> overridden(Map<String, String> environment, Map<String, String> commandLine) {
        List<String> texts = new ArrayList<>();
        POOL_VARIABLES.forEach((variable, setting) -> {
            String value = environment.getOrDefault(variable, "").strip();
            String ours = environment.get(setting.environmentName());
            String set = commandLine.get(setting.name());
            String by = set != null ? "--set " + setting.name() : setting.environmentName();
            String winner = set != null ? set : ours;
            if (!value.isEmpty() && winner != null && !winner.equals(value)) {
                texts.add(variable + "=" + value + " has no effect: " + by + " is " + winner);
            }
        });
        return texts;
    }

    /** Every variable with our prefix must be known: one that is misspelt would otherwise do nothing, silently. */
    static Layer spillwayVariables(Map<String, String> environment, Problems problems) {
        Map<String, String> settingNames = new LinkedHashMap<>();
        Settings.global().forEach(setting -> settingNames.put(setting.environmentName(), setting.name()));
        Layer layer = new Layer(Source.environment(PREFIX + "…"));
        new TreeMap<>(environment).forEach((variable, value) -> {
            @Nullable String name = settingNames.get(variable);
            if (name != null) {
                put(layer, name, variable, value);
            } else if (variable.startsWith(PREFIX) && !NOT_SETTINGS.contains(variable)) {
                problems.addUnknown(Source.environment(variable), "variable", variable, "", settingNames.keySet());
            }
        });
        return layer;
    }

    private static void put(Layer layer, String name, String variable, @Nullable String value) {
        if (value != null) {
            layer.global().put(name, RawValue.untyped(value, Source.environment(variable)));
        }
    }
}
