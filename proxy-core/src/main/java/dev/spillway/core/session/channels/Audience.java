package dev.spillway.core.session.channels;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The clients of a lane that are to get what comes on their channels, by database. A client is here from when the connection
 * that listens has confirmed its channel until it leaves it. Confined to the lane.
 *
 * @param <C> the clients
 */
public final class Audience<C> {
    private final Map<String, Map<String, Set<C>>> databases = new HashMap<>();

    /** {@code client} gets what comes on {@code channels} from now on. */
    public void add(String database, Set<String> channels, C client) {
        if (!channels.isEmpty()) {
            Map<String, Set<C>> known = databases.computeIfAbsent(database, unknown -> new HashMap<>());
            channels.forEach(channel -> known.computeIfAbsent(channel, unknown -> new LinkedHashSet<>())
                    .add(client));
        }
    }

    /** It gets nothing of {@code channels} any more; it need not be there. */
    public void remove(String database, Set<String> channels, C client) {
        Map<String, Set<C>> known = databases.get(database);
        if (known == null) {
            return;
        }
        for (String channel : channels) {
            Set<C> clients = known.get(channel);
            if (clients != null && clients.remove(client) && clients.isEmpty()) {
                known.remove(channel);
            }
        }
        if (known.isEmpty()) {
            databases.remove(database);
        }
    }

    /** Those that listen to {@code channel} now. */
    public List<C> of(String database, String channel) {
        return List.copyOf(databases.getOrDefault(database, Map.of()).getOrDefault(channel, Set.of()));
    }

    /** Those that listen to any channel of {@code database} now, each once. */
    public List<C> of(String database) {
        Set<C> all = new LinkedHashSet<>();
        databases.getOrDefault(database, Map.of()).values().forEach(all::addAll);
        return List.copyOf(all);
    }

    /** Does nobody listen? */
    public boolean isEmpty() {
        return databases.isEmpty();
    }
}
