package dev.spillway.server.ops;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;

/** A log of one's own that is configured as Spillway comes. */
final class InstalledLog {
    private InstalledLog() {}

    static void configure(LoggerContext logs) {
        logs.setMDCAdapter(new LogbackMDCAdapter());
        DefaultLog.install(logs);
    }
}
