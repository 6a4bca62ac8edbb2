package dev.spillway.server.cli;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.configfile.ConfigSource;
import dev.spillway.server.configfile.LogOpening;

/** What runs a proxy: implemented by the composition root, called once, on the main thread. */
@FunctionalInterface
public interface ProxyRunner {
    /**
     * Returns when the proxy has ended, with the exit code of the process; an exception is a bug of ours.
     *
     * @param source where {@code config} came from, for reloading it
     */
    int run(ProxyConfig config, ConfigSource source, RunOptions options) throws Exception;

    /** The log of the process, for every configuration that is loaded. */
    default LogOpening log(RunOptions options) {
        return LogOpening.NONE;
    }
}
