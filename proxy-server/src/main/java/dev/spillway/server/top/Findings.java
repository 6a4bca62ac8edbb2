package dev.spillway.server.top;

import dev.spillway.server.top.Line.Look;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What an operator has to know first, in words and the worst first. Stateless. */
final class Findings {
    private static final double LATELY_SECONDS = 60;
    private static final double ALARMING_SECONDS = 1;
    /** Nobody has waited for so long that the time would say anything. */
    private static final double SHORT_SECONDS = 0.1;

    private static final double NEARLY = 0.9;

    private Findings() {}

    static List<Line> of(Status now) {
        List<Line> found = new ArrayList<>();
        if (now.isDraining()) {
            found.add(new Line("Spillway is shutting down: no new client gets in.", Look.BAD));
        }
        if (now.isPaused()) {
            found.add(new Line("All databases are paused: RESUME lets clients go on.", Look.DOUBTFUL));
        }
        if (now.isSuspended()) {
            found.add(new Line("All connections are suspended: RESUME lets clients go on.", Look.BAD));
        }
        now.databases().forEach(database -> database(found, database, now.isPaused()));
        now.pools().stream()
                .filter(pool -> pool.waiting() > 0)
                .sorted(Comparator.comparingDouble(Status.Pool::oldestWait).reversed())
                .forEach(pool -> found.add(waiting(pool, now)));
        if (now.clients().connected() > NEARLY * now.clients().limit()) {
            found.add(new Line(
                    now.clients().connected() + " of " + now.clients().limit()
                            + " clients: those who come next are refused (max_client_conn).",
                    now.clients().connected() >= now.clients().limit() ? Look.BAD : Look.DOUBTFUL));
        }
        now.hosts().stream()
                .filter(host -> !host.problem().isEmpty())
                .forEach(host -> found.add(new Line(host.name() + ": " + host.problem(), Look.DOUBTFUL)));
        long errors = now.incidents().stream()
                .filter(incident -> now.time() - incident.last() < LATELY_SECONDS)
                .count();
        if (errors > 0) {
            found.add(new Line(
                    Words.many(errors, "kind of error", "kinds of error") + " in the last minute, see below.",
                    Look.DOUBTFUL));
        }
        found.sort(Comparator.comparing(line -> line.look() != Look.BAD));
        if (found.isEmpty()) {
            found.add(new Line("All is well: nobody waits.", Look.GOOD));
        }
        return found;
    }

    private static void database(List<Line> found, Status.Database database, boolean isAllPaused) {
        if (!database.problem().isEmpty()) {
            found.add(new Line("Database " + database.name() + " is down: " + database.problem(), Look.BAD));
        }
        if (database.isPaused() && !isAllPaused) {
            found.add(new Line(
                    "Database " + database.name() + " is paused: RESUME " + database.name() + " lets clients go on.",
                    Look.DOUBTFUL));
        }
        if (database.isDisabled()) {
            found.add(new Line(
                    "Database " + database.name() + " is disabled: no new client gets in before ENABLE "
                            + database.name() + ".",
                    Look.DOUBTFUL));
        }
    }

    private static Line waiting(Status.Pool pool, Status now) {
        String who = Words.many(pool.waiting(), "client waits", "clients wait") + " for " + pool.name()
                + (pool.oldestWait() < SHORT_SECONDS ? "" : ", for up to " + Words.time(pool.oldestWait()));
        return new Line(who + ": " + why(pool, now), pool.oldestWait() >= ALARMING_SECONDS ? Look.BAD : Look.DOUBTFUL);
    }

    private static String why(Status.Pool pool, Status now) {
        if (now.database(pool.database()).map(Status.Database::isPaused).orElse(false)) {
            return "it is paused.";
        }
        if (pool.isDown()) {
            return "no server can be opened.";
        }
        if (pool.busy() >= pool.size()) {
            return pool.size() == 1 ? "its one server is in use." : "all " + pool.size() + " servers are in use.";
        }
        if (pool.opening() > 0) {
            return Words.many(pool.opening(), "server is", "servers are") + " being opened.";
        }
        return pool.busy() + " of " + pool.size() + " servers are in use.";
    }
}
