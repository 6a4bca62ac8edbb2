package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.pool.Pool;
import dev.spillway.core.pool.PoolShare;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.ServerSession;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client that waits for a server, at a moment. Immutable.
 *
 * @param reason why, in a word that does not change
 * @param detail the same in a sentence, with its numbers
 */
public record WaitFigures(ConnectionFigures client, String reason, String detail) {
    private static final long NANOS_PER_MICRO = 1000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final Table.Columns COLUMNS = Table.Columns.NONE
            .int4("id")
            .text("database", "user", "application_name", "addr")
            .int4("port", "wait", "wait_us")
            .text("reason", "detail");

    private record Reason(String word, String sentence) {}

    /** Of one lane. */
    public static ClientReading.Look<List<WaitFigures>> look() {
        Map<ServerPool, List<ConnectionFigures>> queues = new HashMap<>();
        return new ClientReading.Look<>() {
            @Override
            public void see(ClientSession client, LaneView view) {
                if (client.isWaiting()) {
                    queue(queues, client.pool()).add(ConnectionFigures.of(client, view));
                }
            }

            @Override
            public List<WaitFigures> end(LaneView view) {
                view.probes().stream()
                        .filter(probe -> probe.server() == null)
                        .forEach(probe -> queue(queues, probe.pool()).add(ConnectionFigures.of(probe, view)));
                return all(queues);
            }
        };
    }

    private static List<WaitFigures> all(Map<ServerPool, List<ConnectionFigures>> queues) {
        List<WaitFigures> all = new ArrayList<>();
        queues.forEach((pool, queue) -> {
            queue.sort(Comparator.comparingLong(ConnectionFigures::waitNanos).reversed());
            for (int i = 0; i < queue.size(); i++) {
                Reason reason = reason(pool.pool(), i);
                all.add(new WaitFigures(queue.get(i), reason.word, reason.sentence));
            }
        });
        return all;
    }

    private static List<ConnectionFigures> queue(Map<ServerPool, List<ConnectionFigures>> queues, ServerPool pool) {
        return queues.computeIfAbsent(pool, first -> new ArrayList<>());
    }

    /** Of a client before whom so many of that lane wait. */
    private static Reason reason(Pool<ServerSession> slice, int before) {
        PoolShare share = slice.share();
        ErrorFields failure = slice.backoff.failure();
        if (slice.isWithoutServers()) {
            return new Reason("paused", "the database is paused: RESUME ends that");
        }
        if (failure != null && share.open() == slice.opening()) {
            return new Reason("down", "no server can be opened: " + failure.message());
        }
        if (before < slice.opening()) {
            return new Reason("opening", "a server is being opened");
        }
        int size = share.limits().size();
        if (share.taken() >= size) {
            return new Reason("pool_size", "all servers of the pool are in use: " + share.taken() + " of " + size);
        }
        return switch (share.fullLimit()) {
            case 0 -> new Reason("turn", "a server is about to come");
            case 1 -> new Reason("max_db_connections", "the database has as many servers as it may");
            case 2 -> new Reason("max_user_connections", "the user has as many servers as it may");
            default -> new Reason("host", "the host has no room for another server");
        };
    }

    /** SHOW WAITING: who has waited longest first. */
    public static Table table(Collection<List<WaitFigures>> lanes) {
        List<List<@Nullable String>> rows = lanes.stream()
                .flatMap(List::stream)
                .sorted(Comparator.comparingLong(WaitFigures::waitNanos).reversed())
                .map(wait -> row(
                        wait.client.wire().id(),
                        wait.client.database(),
                        wait.client.user(),
                        wait.client.applicationName(),
                        wait.client.wire().address(),
                        wait.client.wire().port(),
                        wait.waitNanos() / NANOS_PER_SECOND,
                        wait.waitNanos() % NANOS_PER_SECOND / NANOS_PER_MICRO,
                        wait.reason,
                        wait.detail))
                .toList();
        return COLUMNS.table(rows);
    }

    private long waitNanos() {
        return client.waitNanos();
    }
}
