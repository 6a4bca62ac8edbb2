package dev.spillway.server.ops;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.joran.spi.JoranException;

/** A log of one's own that is configured as Spillway comes. */
final class InstalledLog {
    private InstalledLog() {}

    static void configure(LoggerContext logs) throws JoranException {
        logs.setMDCAdapter(new LogbackMDCAdapter());
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(logs);
        configurator.doConfigure(LogSetup.class.getResource("/logback.xml"));
    }
}
