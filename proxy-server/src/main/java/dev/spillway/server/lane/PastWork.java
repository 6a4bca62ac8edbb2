package dev.spillway.server.lane;

import dev.spillway.core.pool.PoolCounters;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** What slices have counted that were freed, so that totals never go down. Confined to its lane. */
final class PastWork {
    /** Where anybody may name databases there could be any number. */
    private static final int MAX_DATABASES = 10_000;

    private final Map<String, PoolCounters> ofDatabases = new LinkedHashMap<>();
    private final PoolCounters forgotten = new PoolCounters();

    /** A slice of {@code database} is no more. */
    void add(String database, PoolCounters counters) {
        if (counters.assignments == 0) { // of a name that PostgreSQL does not know
            forgotten.add(counters);
            return;
        }
        ofDatabases.computeIfAbsent(database, first -> new PoolCounters()).add(counters);
        if (ofDatabases.size() > MAX_DATABASES) {
            Iterator<PoolCounters> eldest = ofDatabases.values().iterator();
            forgotten.add(eldest.next());
            eldest.remove();
        }
    }

    /** A stats_period is over and the next begins. */
    void endPeriod() {
        ofDatabases.values().forEach(PoolCounters::endPeriod);
        forgotten.endPeriod();
    }

    Map<String, PoolCounters> ofDatabases() {
        return ofDatabases;
    }

    PoolCounters forgotten() {
        return forgotten;
    }
}
