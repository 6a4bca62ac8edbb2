package dev.spillway.core.stats;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What there is at a moment: of one lane, or of all of them together. Immutable. */
public record ProxyFigures(
        List<PoolFigures> pools,
        List<ConnectionFigures> clients,
        List<ConnectionFigures> servers,
        List<NameFigures> names) {
    /** Of one lane; called on that lane. */
    public static ProxyFigures of(LaneView view) {
        List<PoolFigures> pools = new ArrayList<>();
        List<ConnectionFigures> servers = new ArrayList<>();
        for (LaneView.PoolEntry entry : view.pools()) {
            pools.add(PoolFigures.of(view, entry));
            entry.pool().servers().forEach(server -> servers.add(ConnectionFigures.of(server, entry)));
        }
        List<ConnectionFigures> clients = view.clients().stream()
                .map(client -> ConnectionFigures.of(client, view.nowNanos()))
                .toList();
        return new ProxyFigures(List.copyOf(pools), clients, List.copyOf(servers), List.copyOf(view.names()));
    }

    /** Of several lanes together; the slices of a pool become one, and so does a name that several know. */
    public static ProxyFigures sum(Collection<ProxyFigures> lanes) {
        Map<String, PoolFigures> pools = new TreeMap<>();
        Map<String, NameFigures> names = new TreeMap<>();
        List<ConnectionFigures> clients = new ArrayList<>();
        List<ConnectionFigures> servers = new ArrayList<>();
        for (ProxyFigures lane : lanes) {
            lane.pools.forEach(pool -> pools.merge(pool.database() + "\0" + pool.user(), pool, PoolFigures::plus));
            lane.names.forEach(name -> names.merge(name.name(), name, NameFigures::newer));
            clients.addAll(lane.clients);
            servers.addAll(lane.servers);
        }
        return new ProxyFigures(
                List.copyOf(pools.values()), List.copyOf(clients), List.copyOf(servers), List.copyOf(names.values()));
    }
}
