package dev.spillway.server.configfile;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.ProxyConfig;

/** Where the configuration comes from: asked at the start, and again for each reload. May block. */
@FunctionalInterface
public interface ConfigSource {
    /** The configuration as it is written now. */
    ProxyConfig load() throws ConfigException;
}
