package dev.spillway.core.pool;

/**
 * How many durations were how long: a histogram whose buckets grow by a quarter of their octave, from 64 microseconds to 67
 * seconds. Plain fields: one lane writes and reads them.
 */
// hot: add, once per statement and transaction
public final class Durations {
    private static final long NANOS_PER_MICRO = 1000;
    private static final double MICROS_PER_SECOND = 1e6;
    /** The first bucket ends at 2^6 microseconds, the last but one at 2^26; what is longer is in the last. */
    private static final int FIRST_OCTAVE = 6;

    private static final int LAST_OCTAVE = 25;
    private static final int PARTS = 4;

    /** The last has no end. */
    public static final int BUCKETS = 2 + (LAST_OCTAVE - FIRST_OCTAVE + 1) * PARTS;

    private final long[] counts = new long[BUCKETS];

    /** One more. */
    public void add(long nanos) {
        counts[bucket(nanos)]++;
    }

    /** So many more that took no time. */
    public void addNone(long count) {
        counts[0] += count;
    }

    /** Takes over what another has counted. */
    public void add(Durations other) {
        for (int i = 0; i < BUCKETS; i++) {
            counts[i] += other.counts[i];
        }
    }

    /** Those that came after {@code before}, which is what this was then. */
    public Durations since(Durations before) {
        Durations since = new Durations();
        for (int i = 0; i < BUCKETS; i++) {
            since.counts[i] = Math.max(0, counts[i] - before.counts[i]);
        }
        return since;
    }

    static int bucket(long nanos) {
        long micros = nanos / NANOS_PER_MICRO;
        if (micros < 1 << FIRST_OCTAVE) {
            return 0;
        }
        int octave = 63 - Long.numberOfLeadingZeros(micros);
        return octave > LAST_OCTAVE
                ? BUCKETS - 1
                : 1 + (octave - FIRST_OCTAVE) * PARTS + (int) (micros >>> (octave - 2) & (PARTS - 1));
    }

    /** Where that bucket ends, in microseconds; the next begins there. {@link Long#MAX_VALUE} for the last. */
    public static long endMicros(int bucket) {
        if (bucket == BUCKETS - 1) {
            return Long.MAX_VALUE;
        }
        int octave = FIRST_OCTAVE + (bucket + PARTS - 1) / PARTS - 1;
        return bucket == 0 ? 1 << FIRST_OCTAVE : (long) (PARTS + 1 + (bucket - 1) % PARTS) << (octave - 2);
    }

    /** Does an octave end with that bucket? They are what other programs are told of. */
    public static boolean endsOctave(int bucket) {
        return bucket % PARTS == 0 || bucket == BUCKETS - 1;
    }

    public long count(int bucket) {
        return counts[bucket];
    }

    /** All of them. */
    public long count() {
        long all = 0;
        for (long count : counts) {
            all += count;
        }
        return all;
    }

    /** What that part of them took at most, in seconds, as well as the buckets tell; 0 where there is none. */
    public double quantileSeconds(double part) {
        double wanted = part * count();
        double before = 0;
        for (int i = 0; i < BUCKETS; i++) {
            if (counts[i] > 0 && before + counts[i] >= wanted) {
                double from = i == 0 ? 0 : endMicros(i - 1);
                double to = i == BUCKETS - 1 ? from : endMicros(i);
                return (from + (to - from) * (wanted - before) / counts[i]) / MICROS_PER_SECOND;
            }
            before += counts[i];
        }
        return 0;
    }
}
