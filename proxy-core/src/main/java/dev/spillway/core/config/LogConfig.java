package dev.spillway.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The part of a {@link ProxyConfig} that says what is logged, and where. What each accessor means stands once, in {@link ProcessSettings}. */
public record LogConfig(SettingValues values) {
    public boolean logConnections() {
        return values.get(ProcessSettings.LOG_CONNECTIONS);
    }

    public boolean logDisconnections() {
        return values.get(ProcessSettings.LOG_DISCONNECTIONS);
    }

    public boolean logPoolerErrors() {
        return values.get(ProcessSettings.LOG_POOLER_ERRORS);
    }

    public boolean logStats() {
        return values.get(ProcessSettings.LOG_STATS);
    }

    /** Zero: no transaction. */
    public Duration logMinDuration() {
        return values.get(ProcessSettings.LOG_MIN_DURATION);
    }

    public boolean logMinDurationSql() {
        return values.get(ProcessSettings.LOG_MIN_DURATION_SQL);
    }

    public LogFormat logFormat() {
        return values.get(ProcessSettings.LOG_FORMAT);
    }

    public @Nullable String logfile() {
        return values.find(ProcessSettings.LOGFILE);
    }

    public boolean syslog() {
        return values.get(ProcessSettings.SYSLOG);
    }

    public String syslogIdent() {
        return values.get(ProcessSettings.SYSLOG_IDENT);
    }

    public SyslogFacility syslogFacility() {
        return values.get(ProcessSettings.SYSLOG_FACILITY);
    }

    public int verbose() {
        return values.get(ProcessSettings.VERBOSE);
    }
}
