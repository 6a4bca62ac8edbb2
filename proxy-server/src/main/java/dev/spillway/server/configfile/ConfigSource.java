package dev.spillway.server.configfile;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.OneSetting;
import dev.spillway.core.config.ProxyConfig;

/** Where the configuration comes from: asked at the start, and again for each reload. May block. */
@FunctionalInterface
public interface ConfigSource {
    /** The configuration as it is written now. */
    ProxyConfig load() throws ConfigException;

    /**
     * {@code running} with one setting changed as a person wrote it, in the notation of this source. One that PgBouncer has and
     * Spillway does not is accepted, and changes nothing.
     */
    default ProxyConfig set(ProxyConfig running, String name, String value) throws ConfigException {
        return isWithoutEffect(name) ? running : OneSetting.set(running, name, value);
    }

    /** Is that a setting of PgBouncer's that Spillway does not have? */
    static boolean isWithoutEffect(String name) {
        PgBouncerSetting known = PgBouncerSettings.find(name);
        return known != null && !known.isEffective();
    }
}
