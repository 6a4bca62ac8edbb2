package dev.spillway.server.configfile;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.ProxyConfig;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a process: its file, its environment and its command line. Immutable; the file is read anew each time.
 *
 * @param file TOML or in PgBouncer's format, or null for none
 * @param environment the process's environment variables
 * @param overrides global settings by name, from the command line
 * @param log is opened as the configuration says, once it is read
 */
public record FileSource(
        @Nullable Path file, Map<String, String> environment, Map<String, String> overrides, LogOpening log)
        implements ConfigSource {
    @Override
    public ProxyConfig load() throws ConfigException {
        return ConfigLoader.load(file, environment, overrides, log);
    }

    @Override
    public ProxyConfig set(ProxyConfig running, String name, String value) throws ConfigException {
        return ConfigSource.super.set(running, name, translate(name, value));
    }

    /** What PgBouncer would not understand may be in our notation. */
    private String translate(String name, String value) {
        PgBouncerSetting known = file != null && PgBouncerFile.isOne(file) ? PgBouncerSettings.find(name) : null;
        if (known == null || !known.isEffective()) {
            return value;
        }
        try {
            return known.translate(value);
        } catch (PgBouncerSetting.MalformedValueException e) {
            return value;
        }
    }
}
