package dev.spillway.server.lane;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * In which order places that stand in for each other are tried.
 *
 * <p>Confined to its lane. Without I/O or clock.
 */
final class TryOrder {
    /** Addresses change for ever; what is forgotten is tried once in vain. */
    private static final int MAX_FAILURES = 1000;

    private final int firstTurn;
    private final Map<String, Integer> turns = new HashMap<>();
    private final Map<Object, Long> failures = new HashMap<>();

    /** {@code firstTurn} differs between lanes, so that they do not all begin at the same place. */
    TryOrder(int firstTurn) {
        this.firstTurn = firstTurn;
    }

    /** {@code places} beginning with the next one in turn, and those that failed since {@code sinceNanos} last. */
    <T> List<T> inTurn(String group, List<T> places, long sinceNanos) {
        if (places.size() == 1) {
            return places;
        }
        int turn = turns.merge(group, 1, Integer::sum) - 1 + firstTurn;
        List<T> order = new ArrayList<>(places.size());
        for (int i = 0; i < places.size(); i++) {
            order.add(places.get(Math.floorMod(turn + i, places.size())));
        }
        order.sort(Comparator.comparing(place -> hasFailedSince(place, sinceNanos)));
        return order;
    }

    private boolean hasFailedSince(Object place, long sinceNanos) {
        Long failed = failures.get(place);
        return failed != null && failed - sinceNanos > 0;
    }

    /** {@code places} as they stand, those that failed behind, the last to fail last: so one is kept until it fails. */
    <T> List<T> sameFirst(List<T> places, long nowNanos) {
        List<T> order = new ArrayList<>(places);
        order.sort(Comparator.comparing(place -> {
            Long failed = failures.get(place);
            return failed == null ? Long.MIN_VALUE : failed - nowNanos;
        }));
        return order;
    }

    /** {@code place} could not be had. */
    void onFailure(Object place, long nowNanos) {
        if (failures.size() >= MAX_FAILURES) {
            failures.clear();
        }
        failures.put(place, nowNanos);
    }
}
