package dev.spillway.core.stats;

import dev.spillway.core.pool.Totals;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerSession;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What there is at a moment: of one lane, or of all of them together. Immutable.
 *
 * @param clients all but those of the console and those that are logging in
 * @param servers those that are being opened included
 * @param pins those of them that clients keep beyond a transaction
 * @param stuck clients that have been at something with their servers for long
 * @param work by database, pools that are no more included; {@link #CONSOLE} for the console
 * @param forgotten that of databases of which nothing but this is known any more
 * @param users who has a password here
 */
public record ProxyFigures(
        List<PoolFigures> pools,
        List<ClientName> clients,
        List<ConnectionFigures> servers,
        List<PinFigures> pins,
        List<StuckFigures> stuck,
        List<ConnectionFigures> consoles,
        List<ConnectionFigures> logins,
        List<NameFigures> names,
        Map<String, Work> work,
        Work forgotten,
        Set<String> users) {
    /** The console as a database, by whichever of its names it was reached. */
    public static final String CONSOLE = "pgbouncer";

    /** Of one lane, with none of its clients, of whom there may be thousands; called on that lane. */
    public static ProxyFigures withoutClients(LaneView view) {
        return of(view, List.of());
    }

    /** Of one lane, with the names of all its clients. */
    public static ClientReading.Look<ProxyFigures> withClients() {
        List<ClientName> found = new ArrayList<>();
        return new ClientReading.Look<>() {
            @Override
            public void see(ClientSession client, LaneView view) {
                found.add(ClientName.of(client.wire().id(), client.identity()));
            }

            @Override
            public ProxyFigures end(LaneView view) {
                return of(view, found);
            }
        };
    }

    /** Of one lane, those of whose clients that are logged in are {@code sessions}; called on that lane. */
    private static ProxyFigures of(LaneView view, List<ClientName> sessions) {
        List<ClientName> clients = new ArrayList<>(sessions);
        view.probes().forEach(client -> clients.add(ClientName.of(client.wire().id(), client.identity())));
        return new ProxyFigures(
                view.pools().stream().map(entry -> PoolFigures.of(view, entry)).toList(),
                List.copyOf(clients),
                servers(view),
                List.copyOf(PinFigures.of(view)),
                List.copyOf(StuckFigures.of(view)),
                view.consoles().stream()
                        .map(entry -> ConnectionFigures.of(entry, view))
                        .toList(),
                view.logins().stream()
                        .map(entry -> ConnectionFigures.of(entry, view))
                        .toList(),
                List.copyOf(view.names()),
                work(view),
                Work.of(view.forgotten(), view.windowNanos()),
                view.users());
    }

    /** Of one lane; called on that lane. */
    static List<ConnectionFigures> servers(LaneView view) {
        List<ConnectionFigures> servers = new ArrayList<>();
        for (LaneView.PoolEntry entry : view.pools()) {
            for (ServerSession server : entry.pool().servers()) {
                String state = PoolFigures.state(view, entry.pool(), server);
                servers.add(ConnectionFigures.of(server, state, entry, view));
            }
        }
        view.openings().forEach(opening -> servers.add(ConnectionFigures.of(opening, view)));
        return List.copyOf(servers);
    }

    private static Map<String, Work> work(LaneView view) {
        Map<String, Work> work = new HashMap<>();
        long window = view.windowNanos();
        view.past().forEach((database, counters) -> work.put(database, Work.of(counters, window)));
        for (LaneView.PoolEntry entry : view.pools()) {
            work.merge(entry.database(), Work.of(entry.pool().pool().counters(), window), Work::plus);
        }
        work.put(CONSOLE, Work.of(view.consoleCounters(), window));
        return work;
    }

    /** Of several lanes together; the slices of a pool become one, and so does a name that several know. */
    public static ProxyFigures sum(Collection<ProxyFigures> lanes) {
        Map<String, PoolFigures> pools = new TreeMap<>();
        Map<String, NameFigures> names = new TreeMap<>();
        Map<String, Work> work = new TreeMap<>();
        Set<String> users = new TreeSet<>();
        for (ProxyFigures lane : lanes) {
            lane.pools.forEach(pool -> pools.merge(pool.key(), pool, PoolFigures::plus));
            lane.names.forEach(name -> names.merge(name.name(), name, NameFigures::newer));
            lane.work.forEach((database, done) -> work.merge(database, done, Work::plus));
            users.addAll(lane.users);
        }
        return new ProxyFigures(
                List.copyOf(pools.values()),
                clients(lanes),
                all(lanes, ProxyFigures::servers),
                lanes.stream().flatMap(lane -> lane.pins.stream()).toList(),
                lanes.stream().flatMap(lane -> lane.stuck.stream()).toList(),
                all(lanes, ProxyFigures::consoles),
                all(lanes, ProxyFigures::logins),
                List.copyOf(names.values()),
                work,
                lanes.stream().map(ProxyFigures::forgotten).reduce(Work.NONE, Work::plus),
                users);
    }

    /** Who has moved to another lane after the first had read it was read there, too. */
    private static List<ClientName> clients(Collection<ProxyFigures> lanes) {
        Set<Integer> seen = new HashSet<>();
        return lanes.stream()
                .flatMap(lane -> lane.clients.stream())
                .filter(client -> seen.add(client.id()))
                .toList();
    }

    private static List<ConnectionFigures> all(
            Collection<ProxyFigures> lanes, Function<ProxyFigures, List<ConnectionFigures>> of) {
        return lanes.stream().flatMap(lane -> of.apply(lane).stream()).toList();
    }

    /** What was done for all clients but those of the console. */
    public Totals totals() {
        return work.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(CONSOLE))
                .map(entry -> entry.getValue().totals())
                .reduce(forgotten.totals(), Totals::plus);
    }
}
