package dev.spillway.core.stats;

import dev.spillway.core.pool.Backoff;
import dev.spillway.core.pool.Pool;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ServerSession;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What there is at a moment in numbers, without its connections one by one: of one lane, or of all of them together. Nobody
 * changes it or what is in it.
 *
 * @param work by database, pools that are no more included
 * @param forgotten that of databases of which nothing but this is known any more
 * @param console that of the console
 * @param logins clients that are not logged in yet
 * @param consoles clients of the console
 * @param users who has a password here
 * @param cancelRequests that have come from clients, and {@code cancels} that have been sent to servers, so far
 */
public record Overview(
        List<PoolState> pools,
        List<PinFigures> pins,
        Map<String, PoolCounters> work,
        PoolCounters forgotten,
        PoolCounters console,
        Incidents incidents,
        List<LaneLoad> lanes,
        int logins,
        int consoles,
        long cancelRequests,
        long cancels,
        long windowNanos,
        Set<String> users) {
    /**
     * A pool and what it may have.
     *
     * @param size servers at most, and {@code reserve} more for clients that wait long
     * @param isNamedByClients is it clients alone who say that there is such a database?
     * @param pinned servers that clients keep beyond a transaction
     * @param failure why the last attempt to open a server failed; null: it did not
     * @param failedAgoNanos when, if it did
     */
    public record PoolState(
            PoolFigures figures,
            int size,
            int reserve,
            boolean isNamedByClients,
            int pinned,
            @Nullable ErrorFields failure,
            long failedAgoNanos) {
        static PoolState of(LaneView view, LaneView.PoolEntry entry, PoolFigures figures) {
            Pool<ServerSession> slice = entry.pool().pool();
            Backoff backoff = slice.backoff;
            return new PoolState(
                    figures,
                    slice.share().limits().size(),
                    slice.share().limits().reserve(),
                    view.isNamedByClients(entry.database()),
                    slice.share().pinned(),
                    backoff.failure(),
                    view.nowNanos() - backoff.failedNanos());
        }

        /** Two slices of a pool together, or two pools of one name; what cannot be added is the larger. */
        PoolState plus(PoolState other) {
            boolean isOthers = failure == null || (other.failure != null && other.failedAgoNanos < failedAgoNanos);
            PoolState failed = isOthers ? other : this;
            return new PoolState(
                    figures.plus(other.figures),
                    Math.max(size, other.size),
                    Math.max(reserve, other.reserve),
                    isNamedByClients && other.isNamedByClients,
                    Math.max(pinned, other.pinned),
                    failed.failure,
                    failed.failedAgoNanos);
        }

        /** Has it a server that is logged in? */
        public boolean hasServer() {
            return figures.servers().all() > figures.servers().login();
        }

        /**
         * Has it none, and could the last that was wanted not be opened? A database of which PostgreSQL says that there is none is not
         * down where nobody but a client has said that there is one: anybody may name any.
         */
        public boolean isDown() {
            return failure != null && !hasServer() && !(isNamedByClients && isUnknown(failure));
        }

        private static boolean isUnknown(ErrorFields failure) {
            return failure.sqlstate().equals(Sqlstate.INVALID_CATALOG_NAME);
        }
    }

    /**
     * A lane.
     *
     * @param busyNanos the time of a processor that it has used
     */
    public record LaneLoad(int number, long busyNanos, int clients) {}

    /** Of one lane; called on that lane. */
    public static Overview of(LaneView view) {
        List<PoolState> pools = new ArrayList<>();
        for (LaneView.PoolEntry entry : view.pools()) {
            pools.add(PoolState.of(view, entry, PoolFigures.of(view, entry)));
        }
        PoolCounters forgotten = new PoolCounters();
        forgotten.add(view.forgotten());
        PoolCounters console = new PoolCounters();
        console.add(view.consoleCounters());
        Incidents incidents = new Incidents();
        incidents.add(view.incidents());
        return new Overview(
                pools,
                PinFigures.of(view),
                work(view),
                forgotten,
                console,
                incidents,
                List.of(new LaneLoad(
                        view.number(),
                        view.busyNanos(),
                        view.clients().size() + view.probes().size())),
                view.logins().size(),
                view.consoles().size(),
                view.cancelRequests(),
                view.cancels(),
                view.windowNanos(),
                view.users());
    }

    /** The work alone, by database, which takes no time for each client; called on that lane. */
    public static Map<String, PoolCounters> work(LaneView view) {
        Map<String, PoolCounters> work = new TreeMap<>();
        view.past().forEach((database, counters) -> of(work, database).add(counters));
        for (LaneView.PoolEntry entry : view.pools()) {
            of(work, entry.database()).add(entry.pool().pool().counters());
        }
        return work;
    }

    /** That of several lanes together. */
    public static Map<String, PoolCounters> sumOfWork(Collection<Map<String, PoolCounters>> parts) {
        Map<String, PoolCounters> work = new TreeMap<>();
        parts.forEach(
                part -> part.forEach((database, counters) -> of(work, database).add(counters)));
        return work;
    }

    private static PoolCounters of(Map<String, PoolCounters> work, String database) {
        return work.computeIfAbsent(database, first -> new PoolCounters());
    }

    /** Of several lanes together; the slices of a pool become one. */
    public static Overview sum(Collection<Overview> parts) {
        Map<String, PoolState> pools = new TreeMap<>();
        List<PinFigures> pins = new ArrayList<>();
        PoolCounters forgotten = new PoolCounters();
        PoolCounters console = new PoolCounters();
        Incidents incidents = new Incidents();
        List<LaneLoad> lanes = new ArrayList<>();
        for (Overview part : parts) {
            part.pools.forEach(pool -> pools.merge(pool.figures().key(), pool, PoolState::plus));
            pins.addAll(part.pins);
            forgotten.add(part.forgotten);
            console.add(part.console);
            incidents.add(part.incidents);
            lanes.addAll(part.lanes);
        }
        lanes.sort(Comparator.comparingInt(LaneLoad::number));
        return new Overview(
                List.copyOf(pools.values()),
                pins,
                sumOfWork(parts.stream().map(Overview::work).toList()),
                forgotten,
                console,
                incidents,
                lanes,
                parts.stream().mapToInt(Overview::logins).sum(),
                parts.stream().mapToInt(Overview::consoles).sum(),
                parts.stream().mapToLong(Overview::cancelRequests).sum(),
                parts.stream().mapToLong(Overview::cancels).sum(),
                parts.stream().mapToLong(Overview::windowNanos).max().orElse(0),
                parts.stream().flatMap(part -> part.users.stream()).collect(Collectors.toUnmodifiableSet()));
    }
}
