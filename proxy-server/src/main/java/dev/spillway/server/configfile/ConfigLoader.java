package dev.spillway.server.configfile;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.Layer;
import dev.spillway.core.config.Problems;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.RawValue;
import dev.spillway.core.config.SettingsReader;
import dev.spillway.core.config.Source;
import dev.spillway.core.config.TomlText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the configuration: the only way in. Callable from any thread that may block; keeps no state.
 *
 * <p>What overrides what, the weakest first: the built-in defaults, with a {@code pgbouncer.ini} those of PgBouncer; the
 * administrator that {@code DATABASE_URL} names; the file; {@code DB_POOL_SIZE} and its companions; {@code DATABASE_URL}; {@code SPILLWAY_…}; the command line. Values are
 * overridden one by one, with one exception: {@code DATABASE_URL} replaces host, port, dbname, user and password of its
 * database as a whole, because half of one address with half of another is nobody's. Its fallback {@code *} joins only
 * if
 * the file has none, so that no variable takes over what a file routes elsewhere.
 */
public final class ConfigLoader {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigLoader.class);

    private ConfigLoader() {}

    /**
     * Reads everything and reports everything that is wrong; what has no effect, of a {@code pgbouncer.ini}, is logged.
     *
     * @param file TOML or in PgBouncer's format, or null for none
     * @param environment the process's environment variables
     * @param overrides global settings by name, from the command line
     */
    public static ProxyConfig load(@Nullable Path file, Map<String, String> environment, Map<String, String> overrides)
            throws ConfigException {
        return load(file, environment, overrides, LogOpening.NONE);
    }

    /**
     * The same with a log of its own: {@code log} is told what was read before anything about it is logged. If it cannot do
     * as it is told, that is a problem like others.
     */
    public static ProxyConfig load(
            @Nullable Path file, Map<String, String> environment, Map<String, String> overrides, LogOpening log)
            throws ConfigException {
        return load(file, environment, overrides, log, doubt -> LOG.warn("{}", doubt));
    }

    /** The same for whoever runs nothing: the log is left alone, and {@code doubts} hears of what has no effect or is strange. */
    public static ProxyConfig loadQuietly(
            @Nullable Path file,
            Map<String, String> environment,
            Map<String, String> overrides,
            Consumer<String> doubts)
            throws ConfigException {
        return load(file, environment, overrides, LogOpening.NONE, doubts);
    }

    private static ProxyConfig load(
            @Nullable Path file,
            Map<String, String> environment,
            Map<String, String> overrides,
            LogOpening log,
            Consumer<String> doubts)
            throws ConfigException {
        Problems problems = new Problems();
        @Nullable
        PgBouncerFile ini = file != null && PgBouncerFile.isOne(file) ? new PgBouncerFile(file, problems) : null;
        DatabaseUrlLayers url = new DatabaseUrlLayers(environment.get(DatabaseUrlLayers.VARIABLE), problems);
        List<Layer> layers = new ArrayList<>();
        if (ini != null) {
            layers.add(PgBouncerSettings.defaults());
        }
        layers.add(url.weak());
        boolean hasFallback = false;
        if (file != null) {
            Layer layer = ini != null ? ini.read() : new TomlFile(file, problems).read();
            hasFallback = layer.hasDatabase(ProxyConfig.FALLBACK);
            layers.add(layer);
        }
        layers.add(EnvironmentLayers.poolVariables(environment, problems));
        layers.add(url.strong(!hasFallback));
        layers.add(EnvironmentLayers.spillwayVariables(environment, problems));
        layers.add(commandLine(overrides));
        ProxyConfig config = new SettingsReader(layers, problems).read();
        if (!problems.isEmpty()) {
            log.reopen(); // it may have been rotated
        }
        problems.throwIfAny();
        try {
            log.open(config);
        } catch (IOException e) {
            problems.add(Source.file(String.valueOf(file)), String.valueOf(e.getMessage()));
            problems.throwIfAny();
        }
        EnvironmentLayers.overridden(environment, overrides).forEach(doubts);
        if (file != null && ini != null) {
            tell(file.toString(), ini, doubts);
        }
        return config;
    }

    /**
     * A {@code pgbouncer.ini} as TOML, with its passwords, and with comments for what has no effect or would not be accepted
     * there. What environment and command line say is not part of it.
     */
    public static String convert(Path file) throws ConfigException {
        Problems problems = new Problems();
        PgBouncerFile ini = new PgBouncerFile(file, problems);
        ProxyConfig config = new SettingsReader(List.of(PgBouncerSettings.defaults(), ini.read()), problems).read();
        problems.throwIfAny();
        StringBuilder out = new StringBuilder(1024);
        comment(out, "What " + file + " says to PgBouncer, and PgBouncer's defaults.");
        if (!ini.ineffective().isEmpty()) {
            comment(out, "Without effect in Spillway:");
            ini.ineffective().forEach(row -> comment(out, "  " + row.name() + ": " + row.value()));
        }
        if (!ini.doubts().isEmpty()) {
            comment(out, "To be looked at, for some of it is not accepted here:");
            ini.doubts().found().forEach(doubt -> comment(out, "  " + doubt));
        }
        return out.append('\n').append(TomlText.of(config)).toString();
    }

    private static void comment(StringBuilder out, String text) {
        out.append("# ").append(text.replaceAll("\\p{Cntrl}", " ")).append('\n');
    }

    private static void tell(String file, PgBouncerFile ini, Consumer<String> doubts) {
        ini.doubts().found().forEach(doubt -> doubts.accept(doubt.toString()));
        if (!ini.ineffective().isEmpty()) {
            String names = ini.ineffective().stream().map(Ineffective::name).collect(Collectors.joining(", "));
            doubts.accept(file + ": without effect in Spillway: " + names);
        }
    }

    private static Layer commandLine(Map<String, String> overrides) {
        Layer layer = new Layer(Source.commandLine("--set"));
        overrides.forEach((name, value) ->
                layer.global().put(name, RawValue.untyped(value, Source.commandLine("--set " + name))));
        return layer;
    }
}
