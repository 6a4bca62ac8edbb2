package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;
import static dev.spillway.core.config.Setting.Change.RESTART;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Settings of the process and its log, a part of the global ones in {@link Settings}. */
public final class ProcessSettings {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<Boolean> LOG_CONNECTIONS = add(Setting.of(
            "log_connections",
            new FlagType(),
            true,
            RELOAD,
            "Log each new server connection and, in PgBouncer's format, each login of a client."));
    public static final Setting<Boolean> LOG_DISCONNECTIONS = add(Setting.of(
            "log_disconnections",
            new FlagType(),
            true,
            RELOAD,
            "Log the end of each server connection and its reason and, in PgBouncer's format, of each client's."));
    public static final Setting<Boolean> LOG_POOLER_ERRORS = add(Setting.of(
            "log_pooler_errors", new FlagType(), true, RELOAD, "Log each error that is ours and sent to a client."));
    public static final Setting<Boolean> LOG_STATS = add(Setting.of(
            "log_stats",
            new FlagType(),
            false,
            RELOAD,
            "Log the averages of each `stats_period` in one line. PgBouncer's default is 1."));
    public static final Setting<Duration> LOG_MIN_DURATION = add(Setting.of(
            "log_min_duration",
            new DurationType(),
            Duration.ZERO,
            RELOAD,
            "Log each transaction that takes at least so long when it has ended: its client, database and user, how"
                    + " long it took and how long the client had waited for a server, without its SQL; 0 logs none."));
    public static final Setting<Boolean> LOG_MIN_DURATION_SQL = add(Setting.of(
            "log_min_duration_sql",
            new FlagType(),
            false,
            RELOAD,
            "Add to the lines of `log_min_duration` the statement that took longest, up to 1000 characters of it. What"
                    + " clients write into their SQL is in the log then."));
    public static final Setting<LogFormat> LOG_FORMAT = add(Setting.of(
            "log_format",
            ChoiceType.of(LogFormat.class, LogFormat::spelling),
            LogFormat.SPILLWAY,
            RESTART,
            "Which lines the log has: Spillway's own, the same as JSON, or PgBouncer's, which go to standard error,"
                    + " not to standard output."));
    public static final Setting<String> LOGFILE = add(Setting.optional(
            "logfile",
            new TextType(),
            "\"\"",
            RELOAD,
            "File that the log is appended to as well; RELOAD and SIGHUP open it anew, so that it can be rotated."));
    public static final Setting<Boolean> SYSLOG = add(Setting.of(
            "syslog",
            new FlagType(),
            false,
            RELOAD,
            "Send the log to the system's log as well, at the socket `/dev/log`. Lines that it does not take"
                    + " are lost."));
    public static final Setting<String> SYSLOG_IDENT = add(Setting.of(
            "syslog_ident",
            new TextType(),
            "spillway",
            RELOAD,
            "Name that lines have in the system's log. PgBouncer's default is `pgbouncer`."));
    public static final Setting<SyslogFacility> SYSLOG_FACILITY = add(Setting.of(
            "syslog_facility",
            ChoiceType.of(SyslogFacility.class, SyslogFacility::spelling),
            SyslogFacility.DAEMON,
            RELOAD,
            "Which part of the system they are said to come from."));
    public static final Setting<Integer> VERBOSE = add(Setting.of(
            "verbose",
            new IntegerType(0, Integer.MAX_VALUE),
            0,
            RELOAD,
            "1 logs what else happens to connections, 2 also what the network library has to say."));
    public static final Setting<String> PIDFILE = add(Setting.optional(
            "pidfile",
            new TextType(),
            "\"\"",
            RESTART,
            "File with the number of the process, from when it listens until it ends. One that names a living process"
                    + " ends the start."));
    public static final Setting<String> USER = add(Setting.optional(
            "user",
            new TextType(),
            "\"\"",
            RESTART,
            "User of the system that the process has to run as. The launcher, started by root, becomes that user where"
                    + " a `pgbouncer.ini` or `-u` names it; else the start ends."));

    private ProcessSettings() {}

    static List<Setting<?>> all() {
        return List.copyOf(ALL);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
