package dev.spillway.core.session.channels;

import dev.spillway.core.session.state.Snapshot;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Which channels clients of a database want, on which lanes, and which of them a connection listens to.
 *
 * <p>Lanes tell it each change of each client, in their order. A channel is wanted for as long as more clients of a lane came than
 * went, so that one who leaves a channel takes it from nobody who is just coming.
 *
 * <p>Confined to the lane of the connection.
 */
public final class ChannelBook {
    private final int lanes;
    /** How many clients of each lane want a channel. */
    private final Map<String, int[]> wanted = new LinkedHashMap<>();

    private final Set<String> inForce = new HashSet<>();
    /** What may differ between both. */
    private final Set<String> changed = new LinkedHashSet<>();

    public ChannelBook(int lanes) {
        this.lanes = lanes;
    }

    /** A client of {@code lane} comes to channels and leaves others. */
    public void change(int lane, Set<String> added, Set<String> removed) {
        added.forEach(channel -> count(channel, lane, 1));
        removed.forEach(channel -> count(channel, lane, -1));
    }

    private void count(String channel, int lane, int by) {
        int[] counts = wanted.computeIfAbsent(channel, unknown -> new int[lanes]);
        counts[lane] += by;
        if (counts[lane] == 0 && isUnwanted(counts)) {
            wanted.remove(channel);
        }
        if (wanted.containsKey(channel) != inForce.contains(channel)) {
            changed.add(channel);
        } else {
            changed.remove(channel);
        }
    }

    private static boolean isUnwanted(int[] counts) {
        for (int count : counts) {
            if (count != 0) {
                return false;
            }
        }
        return true;
    }

    /** Does nobody want any? */
    public boolean isEmpty() {
        return wanted.isEmpty();
    }

    /** How many are wanted. */
    public int size() {
        return wanted.size();
    }

    /** Has the connection anything to be told? */
    public boolean isChanged() {
        return !changed.isEmpty();
    }

    /** What the connection has to run to listen to what is wanted, and to nothing else. It counts as done. */
    public String nextSql() {
        StringBuilder sql = new StringBuilder();
        for (String channel : changed) {
            boolean begins = wanted.containsKey(channel);
            sql.append(begins ? "LISTEN " : "UNLISTEN ")
                    .append(Snapshot.identifier(channel))
                    .append(';');
            if (begins) {
                inForce.add(channel);
            } else {
                inForce.remove(channel);
            }
        }
        changed.clear();
        return sql.toString();
    }

    /** There is another connection, which listens to nothing yet. */
    public void beginAnew() {
        inForce.clear();
        changed.clear();
        changed.addAll(wanted.keySet());
    }

    /** The lanes that have clients who want {@code channel}. */
    public void forEachLane(String channel, IntConsumer action) {
        int[] counts = wanted.get(channel);
        for (int lane = 0; counts != null && lane < lanes; lane++) {
            if (counts[lane] > 0) {
                action.accept(lane);
            }
        }
    }

    /** The lanes that have clients who want any. */
    public void forEachLane(IntConsumer action) {
        for (int lane = 0; lane < lanes; lane++) {
            int each = lane;
            if (wanted.values().stream().anyMatch(counts -> counts[each] > 0)) {
                action.accept(lane);
            }
        }
    }
}
