package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.session.ClientSession;
import java.util.Comparator;
import java.util.List;

/**
 * What a lane has and has done, at a moment. Immutable.
 *
 * @param clients those that are being logged in by a server included
 * @param waiting those of them that wait for a server
 * @param servers those being opened not included
 * @param busyNanos the time of a processor that it has used
 */
public record LaneFigure(
        int number,
        int clients,
        int waiting,
        int servers,
        int opening,
        int consoles,
        long transactions,
        long queries,
        long busyNanos) {
    private static final long NANOS_PER_MICRO = 1000;
    private static final Table.Columns COLUMNS = Table.Columns.NONE
            .int4("lane", "clients", "waiting", "servers", "opening", "consoles")
            .int8("xact_count", "query_count", "busy_us");

    /** Of one lane. */
    public static ClientReading.Look<LaneFigure> look() {
        return new ClientReading.Look<>() {
            private int waiting;

            @Override
            public void see(ClientSession client, LaneView view) {
                waiting += client.isWaiting() ? 1 : 0;
            }

            @Override
            public LaneFigure end(LaneView view) {
                return of(view, waiting);
            }
        };
    }

    /** {@code waiting}: those of its clients that are logged in and wait. */
    private static LaneFigure of(LaneView view, int waiting) {
        PoolCounters done = new PoolCounters();
        done.add(view.forgotten());
        view.past().values().forEach(done::add);
        int servers = 0;
        for (LaneView.PoolEntry entry : view.pools()) {
            servers += entry.pool().servers().size();
            done.add(entry.pool().pool().counters());
        }
        long probes =
                view.probes().stream().filter(probe -> probe.server() == null).count();
        return new LaneFigure(
                view.number(),
                view.clients().size() + view.probes().size(),
                waiting + (int) probes,
                servers,
                view.openings().size(),
                view.consoles().size(),
                done.transactions,
                done.queries,
                view.busyNanos());
    }

    /** SHOW LANES: times in microseconds. */
    public static Table table(List<LaneFigure> lanes) {
        return COLUMNS.table(lanes.stream()
                .sorted(Comparator.comparingInt(LaneFigure::number))
                .map(lane -> row(
                        lane.number,
                        lane.clients,
                        lane.waiting,
                        lane.servers,
                        lane.opening,
                        lane.consoles,
                        lane.transactions,
                        lane.queries,
                        lane.busyNanos / NANOS_PER_MICRO))
                .toList());
    }
}
