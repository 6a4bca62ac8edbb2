package dev.spillway.server.configfile;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.Layer;
import dev.spillway.core.config.Problems;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.RawValue;
import dev.spillway.core.config.SettingsReader;
import dev.spillway.core.config.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Loads the configuration: the only way in. Callable from any thread that may block; keeps no state.
 *
 * <p>What overrides what, the weakest first: the built-in defaults; the administrator that {@code DATABASE_URL} names;
 * the
 * file; {@code DB_POOL_SIZE} and its companions; {@code DATABASE_URL}; {@code SPILLWAY_…}; the command line. Values are
 * overridden one by one, with one exception: {@code DATABASE_URL} replaces host, port, dbname, user and password of its
 * database as a whole, because half of one address with half of another is nobody's. Its fallback {@code *} joins only
 * if
 * the file has none, so that no variable takes over what a file routes elsewhere.
 */
public final class ConfigLoader {
    private ConfigLoader() {}

    /**
     * Reads everything and reports everything that is wrong.
     *
     * @param file TOML, or null for none
     * @param environment the process's environment variables
     * @param overrides global settings by name, from the command line
     */
    public static ProxyConfig load(@Nullable Path file, Map<String, String> environment, Map<String, String> overrides)
            throws ConfigException {
        Problems problems = new Problems();
        List<Layer> layers = layers(file, environment, overrides, problems);
        ProxyConfig config = new SettingsReader(layers, problems).read();
        problems.throwIfAny();
        return config;
    }

    private static List<Layer> layers(
            @Nullable Path file, Map<String, String> environment, Map<String, String> overrides, Problems problems) {
        DatabaseUrlLayers url = new DatabaseUrlLayers(environment.get(DatabaseUrlLayers.VARIABLE), problems);
        List<Layer> layers = new ArrayList<>();
        layers.add(url.weak());
        boolean hasFallback = false;
        if (file != null) {
            Layer toml = new TomlFile(file, problems).read();
            hasFallback = toml.hasDatabase(ProxyConfig.FALLBACK);
            layers.add(toml);
        }
        layers.add(EnvironmentLayers.poolVariables(environment));
        layers.add(url.strong(!hasFallback));
        layers.add(EnvironmentLayers.spillwayVariables(environment, problems));
        layers.add(commandLine(overrides));
        return layers;
    }

    private static Layer commandLine(Map<String, String> overrides) {
        Layer layer = new Layer(Source.commandLine("--set"));
        overrides.forEach((name, value) ->
                layer.global().put(name, RawValue.untyped(value, Source.commandLine("--set " + name))));
        return layer;
    }
}
