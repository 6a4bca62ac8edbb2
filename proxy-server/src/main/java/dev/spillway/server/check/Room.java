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
 * @param usable how many the server has for everybody who may have these
 * @param others how many of them others hold
 * @param isKept Spillway finds the number out by itself and has no more than that, whatever the pools' sizes are
 */
record Room(int connections, String words, int usable, int others, boolean isKept) {
    /** {@code arePrivileged}: all pools log in as superusers, who may have what is reserved. */
    static Room of(SessionFacts server, List<PlannedPool> pools, boolean arePrivileged, CapacityConfig config) {
        int others = others(server, pools);
        boolean isKept = config.maxServerConnections() == 0;
        boolean isReserved = isKept || !arePrivileged; // Spillway leaves it to others in any case
        int usable = isReserved ? server.forUsers() : server.maxConnections();
        int headroom = isKept ? config.headroom(usable) : 0;
        int left = usable - headroom - others;
        int room = Math.max(isKept ? 1 : 0, left);
        return new Room(
                room,
                "max_connections " + server.maxConnections()
                        + (isReserved ? reserved(server) : "")
                        + (others > 0 ? ", less " + others + " that other users hold now" : "")
                        + (headroom > 0 ? ", less " + headroom + " of server_headroom" : "")
                        + ": " + room + " for Spillway",
                usable,
                others,
                isKept);
    }

    /** The least max_connections with which there is room for {@code wanted}. */
    int enoughFor(int wanted, SessionFacts server, CapacityConfig config) {
        int more = wanted + others;
        while (isKept && more - config.headroom(more) - others < wanted) {
            more++;
        }
        return server.maxConnections() - usable + more;
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
