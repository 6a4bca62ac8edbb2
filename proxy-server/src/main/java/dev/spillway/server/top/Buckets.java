package dev.spillway.server.top;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How long things took: how many there were by the microseconds that their bucket ends with, as {@code /status} has them.
 * Immutable.
 */
record Buckets(NavigableMap<Long, Long> counts) {
    static final Buckets NONE = new Buckets(new TreeMap<>());
    /** The end of the last bucket, which has none. */
    static final long ENDLESS = Long.MAX_VALUE;

    /** The first one: what took less is said to have taken no time. */
    private static final long FIRST_MICROS = 64;

    private static final double LAST_START_MICROS = 67_108_864;
    private static final double MICROS_PER_SECOND = 1e6;

    /** What has come since {@code older}. */
    Buckets since(Buckets older) {
        NavigableMap<Long, Long> more = new TreeMap<>();
        counts.forEach((end, count) -> {
            long added = count - older.counts.getOrDefault(end, 0L);
            if (added > 0) {
                more.put(end, added);
            }
        });
        return new Buckets(more);
    }

    Buckets plus(Buckets other) {
        NavigableMap<Long, Long> sum = new TreeMap<>(counts);
        other.counts.forEach((end, count) -> sum.merge(end, count, Long::sum));
        return new Buckets(sum);
    }

    boolean isEmpty() {
        return counts.isEmpty();
    }

    /** Within what time {@code part} of them ended, in seconds; 0 if there were none. */
    double quantileSeconds(double part) {
        double wanted = part * counts.values().stream().mapToLong(each -> each).sum();
        double before = 0;
        for (Map.Entry<Long, Long> bucket : counts.entrySet()) {
            long count = bucket.getValue();
            if (before + count >= wanted) {
                return within(bucket.getKey(), (wanted - before) / count) / MICROS_PER_SECOND;
            }
            before += count;
        }
        return 0;
    }

    private static double within(long end, double part) {
        if (end <= FIRST_MICROS) {
            return 0;
        }
        if (end == ENDLESS) {
            return LAST_START_MICROS;
        }
        // A bucket is a quarter of its octave wide.
        double width = (double) Long.highestOneBit(end - 1) / 4;
        return end - width * (1 - part);
    }
}
