package dev.spillway.core.pool;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which processes of one PostgreSQL are our servers', and so which are not. Whoever opens a server tells it; whoever has asked PostgreSQL
 * for all finds out who has gone. Thread-safe; one counts at a time.
 */
final class OwnProcesses {
    /** And since when they are known. */
    private final Map<Integer, Long> since = new ConcurrentHashMap<>();

    void add(int processId, long nowNanos) {
        since.put(processId, nowNanos);
    }

    List<Integer> all() {
        return List.copyOf(since.keySet());
    }

    /**
     * How many of {@code reading}, asked for at {@code askedNanos}, are not ours, which are {@code established}; and how many of each role
     * and database. Whoever gives its servers other process numbers than PostgreSQL's, such as another pooler, gets the difference.
     */
    int countOthers(
            HostReading reading,
            long askedNanos,
            int established,
            Map<String, Integer> ofRoles,
            Map<String, Integer> ofDatabases) {
        int all = 0;
        int mine = 0;
        Map<Integer, Long> gone = new HashMap<>(since);
        for (HostReading.Group group : reading.groups()) {
            int foreign = 0;
            for (int processId : group.processIds()) {
                all++;
                gone.remove(processId);
                boolean isOurs = since.containsKey(processId);
                mine += isOurs ? 1 : 0;
                foreign += isOurs ? 0 : 1;
            }
            ofRoles.merge(group.role(), foreign, Integer::sum);
            ofDatabases.merge(group.database(), foreign, Integer::sum);
        }
        gone.forEach((processId, sinceNanos) -> {
            if (sinceNanos - askedNanos < 0) {
                since.remove(processId, sinceNanos);
            }
        });
        boolean isOneOfUs = mine > 0 || established <= 0;
        if (!isOneOfUs) {
            ofRoles.clear();
            ofDatabases.clear();
        }
        return isOneOfUs ? all - mine : Math.max(0, all - established);
    }
}
