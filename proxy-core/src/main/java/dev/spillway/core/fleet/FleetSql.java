package dev.spillway.core.fleet;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What an instance says to PostgreSQL, on a connection that nobody else has, to speak with its fleet: announcements are
 * application_names, and the processes of its servers stand in a comment before the query, both of which PostgreSQL shows to sessions
 * of the same role.
 */
public final class FleetSql {
    /** A fleet's lock is an advisory one of this class; the second number is the fleet's. */
    private static final int LOCK_CLASS = 0x5350_4c57;

    /** Whoever hangs with the lock is ended. */
    public static final String PATIENCE_MILLIS = "2000";

    /** PostgreSQL shows the first 1,023 bytes of a query, if it is not configured otherwise. */
    private static final int MOST_SERVERS = 120;

    static final String SERVERS = "/*servers ";

    private static final String LOOK = "SELECT pid::pg_catalog.text, application_name,"
            + " (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-)"
            + " GREATEST(query_start, state_change)) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8::pg_catalog.text,"
            + " query FROM pg_catalog.pg_stat_activity"
            + " WHERE usename OPERATOR(pg_catalog.=) SESSION_USER"
            + " AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()"
            + " AND application_name OPERATOR(pg_catalog.~) '^";

    private static final String COUNT =
            "' UNION ALL SELECT '', '', pg_catalog.count(*)::pg_catalog.text, '' FROM pg_catalog.pg_stat_activity"
                    + " WHERE backend_type OPERATOR(pg_catalog.=) 'client backend'"
                    + " OR (backend_type IS NULL AND datid IS NOT NULL)";

    private final String fleet;

    /** {@code fleet}: the name, of letters, digits, {@code _} and {@code -}, none of which means anything in SQL. */
    public FleetSql(String fleet) {
        this.fleet = fleet;
    }

    /** Another query, whose text is the last that others see until the next. */
    public String with(String query, List<Integer> servers) {
        return comment(servers) + query;
    }

    /** Says {@code said}, and asks about the others. */
    public String look(Announcement said, List<Integer> servers) {
        return say(said, servers) + ";" + look();
    }

    /** The same in a transaction that has the lock, if the first row says {@code t}; {@link #sayAndUnlock} must follow. */
    public String lockAndLook(List<Integer> servers) {
        return comment(servers) + "BEGIN READ ONLY;SELECT pg_catalog.pg_try_advisory_xact_lock(" + LOCK_CLASS + ","
                + fleet.hashCode() + ")::pg_catalog.text;" + look();
    }

    /** Says {@code said}, and lets others have the lock. */
    public String sayAndUnlock(Announcement said, List<Integer> servers) {
        return say(said, servers) + ";COMMIT";
    }

    /**
     * Ends the servers of {@code dead}, and when there are none left the connection by which it spoke, unless it has spoken meanwhile. A
     * process with one of their numbers that began later is another's.
     */
    public String end(Member dead) {
        String spoke = "(pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.make_interval(secs => "
                + (dead.silentMillis() - 500) / 1000.0 + "))";
        String servers = dead.servers().stream()
                .filter(process -> process != dead.processId())
                .map(String::valueOf)
                .collect(Collectors.joining(",", "ANY ('{", "}'::pg_catalog.int4[])"));
        return "WITH it AS (SELECT pid FROM pg_catalog.pg_stat_activity"
                + " WHERE usename OPERATOR(pg_catalog.=) SESSION_USER"
                + " AND backend_start OPERATOR(pg_catalog.<) " + spoke
                + " AND pid OPERATOR(pg_catalog.=) " + servers + ")"
                + " SELECT pg_catalog.pg_terminate_backend(one.pid)::pg_catalog.text"
                + " FROM (SELECT pid FROM it UNION ALL"
                + " SELECT " + dead.processId() + " WHERE NOT EXISTS (SELECT 1 FROM it)) one,"
                + " pg_catalog.pg_stat_activity who"
                + " WHERE who.pid OPERATOR(pg_catalog.=) " + dead.processId()
                + " AND GREATEST(who.query_start, who.state_change) OPERATOR(pg_catalog.<) " + spoke;
    }

    /** What is known of all but the one who asks, and how many connections of clients there are. */
    private String look() {
        return LOOK + Announcement.PREFIX + fleet + ":" + COUNT;
    }

    private static String say(Announcement said, List<Integer> servers) {
        return comment(servers) + "SELECT pg_catalog.set_config('application_name','" + said.text() + "',false)";
    }

    private static String comment(List<Integer> servers) {
        return SERVERS
                + servers.stream().limit(MOST_SERVERS).map(String::valueOf).collect(Collectors.joining(","))
                + "*/";
    }
}
