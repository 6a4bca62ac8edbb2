package dev.spillway.core.stats;

import dev.spillway.core.pool.ErrorCounts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What went wrong on one lane, or on all of them: counts of all of it, and the last kinds of it in words. Confined to the lane
 * while that adds to it. However many databases and texts there are, it stays small.
 */
public final class Incidents {
    private static final int MOST_KINDS = 50;
    private static final int MOST_DATABASES = 1000;
    /** Whose errors are counted here that came when there were too many names. */
    private static final String ELSEWHERE = "*";

    private record Kind(String sqlstate, String database, String what) {}

    private final Map<Kind, Incident> recent = new LinkedHashMap<>(0, 0.75F, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Kind, Incident> eldest) {
            return size() > MOST_KINDS;
        }
    };
    private final Map<String, ErrorCounts> errors = new TreeMap<>();
    private final Map<String, Long> pins = new TreeMap<>();

    /** {@code what}: tells incidents of this kind from others, where their texts have numbers in them. */
    void add(String what, Incident incident) {
        errorsOf(incident.database()).add(incident.sqlstate());
        remember(what, incident);
    }

    /** As {@link #add}, of something that no client was told and that is no error to be counted. */
    void remember(String what, Incident incident) {
        recent.merge(new Kind(incident.sqlstate(), incident.database(), what), incident, Incident::plus);
    }

    private ErrorCounts errorsOf(String database) {
        String name = errors.size() < MOST_DATABASES || errors.containsKey(database) ? database : ELSEWHERE;
        return errors.computeIfAbsent(name, first -> new ErrorCounts());
    }

    /** A client keeps its server for these reasons. */
    void addPin(String reason) {
        pins.merge(reason, 1L, Long::sum);
    }

    /** Takes over what another has. */
    void add(Incidents other) {
        other.recent.forEach((kind, incident) -> recent.merge(kind, incident, Incident::plus));
        other.errors.forEach((database, counts) -> errorsOf(database).add(counts));
        other.pins.forEach((reason, count) -> pins.merge(reason, count, Long::sum));
    }

    /** What happened lately, the latest first. */
    public List<Incident> recent() {
        List<Incident> all = new ArrayList<>(recent.values());
        all.sort(Comparator.comparingLong(Incident::lastMillis).reversed());
        return all;
    }

    /** The same by what went wrong: the words that tell its kind from others, and what happened. */
    Map<String, List<Incident>> byCause() {
        Map<String, List<Incident>> all = new TreeMap<>();
        recent.forEach((kind, incident) -> all.computeIfAbsent(
                        kind.what.toLowerCase(Locale.ROOT).replace('_', ' '), first -> new ArrayList<>())
                .add(incident));
        return all;
    }

    /** Errors of ours by the database that the client asked for; empty: it had not asked yet. */
    public Map<String, ErrorCounts> errors() {
        return Collections.unmodifiableMap(errors);
    }

    /** How often clients came to keep servers, by the reason. */
    public Map<String, Long> pins() {
        return Collections.unmodifiableMap(pins);
    }
}
