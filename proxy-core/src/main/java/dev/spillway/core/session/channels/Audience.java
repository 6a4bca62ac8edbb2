package dev.spillway.core.session.channels;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

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

    /** Does {@code action} for each that listens to {@code channel}. It must change nobody's channels. */
    public void forEach(String database, String channel, Consumer<? super C> action) {
        databases
                .getOrDefault(database, Map.of())
                .getOrDefault(channel, Set.of())
                .forEach(action);
    }

    /** Does {@code action} once for each that listens to any channel of {@code database}. It must change nobody's channels. */
    public void forEach(String database, Consumer<? super C> action) {
        Set<C> all = new LinkedHashSet<>();
        databases.getOrDefault(database, Map.of()).values().forEach(all::addAll);
        all.forEach(action);
    }

    /** Does nobody listen? */
    public boolean isEmpty() {
        return databases.isEmpty();
    }
}
