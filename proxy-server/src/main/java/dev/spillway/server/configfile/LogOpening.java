package dev.spillway.server.configfile;

import dev.spillway.core.config.ProxyConfig;
import java.io.IOException;

/** Prepares the log as a configuration wants it, before the first line about that configuration is written. May block. */
@FunctionalInterface
public interface LogOpening {
    /** The log is what it is. */
    LogOpening NONE = config -> {};

    /**
     * Puts the settings of the log into force.
     *
     * @throws IOException if that is not possible; the message is for the user
     */
    void open(ProxyConfig config) throws IOException;

    /** There is no configuration to open it as, for what was read is wrong: opens its file anew all the same. */
    default void reopen() {}
}
