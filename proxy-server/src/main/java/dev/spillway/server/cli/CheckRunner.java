package dev.spillway.server.cli;

import dev.spillway.core.config.ProxyConfig;
import java.util.List;

/** What checks a configuration: implemented by the composition root, called once, on the main thread. */
@FunctionalInterface
public interface CheckRunner {
    /**
     * What is to be told, and how it ends.
     *
     * @param exitCode of the process
     */
    record Result(String text, String json, int exitCode) {}

    /**
     * Asks the servers of {@code config}; blocks meanwhile.
     *
     * @param doubts what was strange about the configuration when it was read
     * @param instances how many proxies with this configuration there are
     */
    Result check(ProxyConfig config, List<String> doubts, int instances);
}
