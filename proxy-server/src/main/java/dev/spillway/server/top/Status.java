package dev.spillway.server.top;

import java.util.List;
import java.util.Optional;

/**
 * What {@code /status} said at a moment, as far as it is shown; {@code docs/status.md} says what each member means. Times are
 * seconds. Immutable.
 */
record Status(
        String version,
        double time,
        double uptime,
        boolean isDraining,
        boolean isPaused,
        boolean isSuspended,
        Clients clients,
        List<Pool> pools,
        List<Database> databases,
        List<Host> hosts,
        List<Pin> pins,
        List<Incident> incidents) {

    record Clients(long connected, long loggingIn, long limit) {}

    /**
     * A database as a server user.
     *
     * @param clients those that do not wait, with a server or without
     * @param busy servers that are not to be had
     * @param idle servers that are
     * @param size how many servers it may have, without the reserve
     * @param problem why the last server could not be opened; empty if it could
     */
    record Pool(
            String database,
            String user,
            long clients,
            long waiting,
            double oldestWait,
            long busy,
            long idle,
            long opening,
            long size,
            boolean isDown,
            String problem) {
        long allClients() {
            return clients + waiting;
        }

        /** As people say it. */
        String name() {
            return user.equals(database) ? database : database + " as " + user;
        }
    }

    /**
     * What one database has done since the start.
     *
     * @param problem why no server can be had; empty if one can
     */
    record Database(
            String name,
            boolean isPaused,
            boolean isDisabled,
            String problem,
            long transactions,
            long waits,
            Buckets waitTimes,
            Buckets transactionTimes) {}

    record Host(
            String name,
            long maxConnections,
            long reserved,
            long others,
            long budget,
            long ours,
            long fleetMembers,
            long fleetBudget,
            String problem) {}

    record Pin(String database, String user, String application, String reason, double age) {}

    record Incident(String sqlstate, String database, String text, long count, double last) {}

    Optional<Database> database(String name) {
        return databases.stream().filter(each -> each.name().equals(name)).findFirst();
    }
}
