package dev.spillway.server.check;

import dev.spillway.core.config.CapacityConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How many connections of a server there are for all pools together, as {@code docs/capacity.md} says it. Immutable.
 *
 * @param connections so many; 0 only where {@code isKept} is not
 * @param words how that comes about
 * @param isKept Spillway finds the number out by itself and has no more than that, whatever the pools' sizes are
 */
record Room(int connections, String words, boolean isKept) {
    private static final int ALL_PERCENT = 100;

    /** {@code arePrivileged}: all pools log in as superusers, who may have what is reserved. */
    static Room of(SessionFacts server, List<PlannedPool> pools, boolean arePrivileged, CapacityConfig config) {
        int others = others(server, pools);
        boolean isKept = config.maxServerConnections() == 0;
        boolean isReserved = isKept || !arePrivileged; // Spillway leaves it to others in any case
        int usable = isReserved ? server.forUsers() : server.maxConnections();
        int headroom = isKept ? headroom(usable, config) : 0;
        int left = usable - headroom - others;
        int room = Math.max(isKept ? 1 : 0, left);
        return new Room(
                room,
                "max_connections " + server.maxConnections()
                        + (isReserved ? reserved(server) : "")
                        + (others > 0 ? ", less " + others + " that other users hold now" : "")
                        + (headroom > 0 ? ", less " + headroom + " of server_headroom" : "")
                        + ": " + room + " for Spillway",
                isKept);
    }

    private static int headroom(int usable, CapacityConfig config) {
        return (usable * config.serverHeadroom() + ALL_PERCENT - 1) / ALL_PERCENT;
    }

    /** The least max_connections with which there is room for {@code wanted}. */
    int enoughFor(int wanted, SessionFacts server, CapacityConfig config) {
        int usable = server.maxConnections() - server.forUsers();
        int others = server.forUsers() - (isKept ? headroom(server.forUsers(), config) : 0) - connections;
        if (!isKept) {
            return server.maxConnections() + Math.max(0, wanted - connections);
        }
        int more = wanted;
        while (more - headroom(more, config) - Math.max(0, others) < wanted) {
            more++;
        }
        return usable + more;
    }

    private static String reserved(SessionFacts server) {
        int reserved = server.reservedForSuperusers() + server.reserved();
        return reserved == 0
                ? ""
                : ", less " + reserved + " that are reserved (superuser_reserved_connections"
                        + (server.reserved() > 0 ? ", reserved_connections)" : ")");
    }

    /** What users hold who have no pool here; connections of those who have may be those of a Spillway that runs. */
    private static int others(SessionFacts server, List<PlannedPool> pools) {
        Map<String, Integer> sessions = server.sessions();
        Set<String> ours = pools.stream().map(PlannedPool::user).collect(Collectors.toSet());
        return sessions == null
                ? 0
                : sessions.entrySet().stream()
                        .filter(entry -> !ours.contains(entry.getKey()))
                        .mapToInt(Map.Entry::getValue)
                        .sum();
    }
}
