package dev.spillway.testkit;

/**
 * What a {@link ChaosRelay} does to bytes, all of it drawn from one seed.
 *
 * @param maxChunkBytes each read is passed on in pieces of 1 to this many bytes; 0 leaves it whole
 * @param delayPerMille of a thousand pieces, how many wait before they are passed on
 * @param maxDelayMillis the longest such wait
 * @param cutPerMille of a thousand pieces, how many end their connection instead
 * @param cutAfterBytes a connection ends once it has carried this many bytes in both directions; 0 for never
 */
public record ChaosPlan(
        long seed, int maxChunkBytes, int delayPerMille, int maxDelayMillis, int cutPerMille, long cutAfterBytes) {
    /** Passes everything on as it came. */
    public static ChaosPlan calm() {
        return new ChaosPlan(0, 0, 0, 0, 0, 0);
    }

    /** Splits at random and delays now and then; loses nothing. */
    public static ChaosPlan splitting(long seed) {
        return new ChaosPlan(seed, 300, 10, 3, 0, 0);
    }

    public ChaosPlan cutting(int perMille) {
        return new ChaosPlan(seed, maxChunkBytes, delayPerMille, maxDelayMillis, perMille, cutAfterBytes);
    }

    public ChaosPlan cuttingAfter(long bytes) {
        return new ChaosPlan(seed, maxChunkBytes, delayPerMille, maxDelayMillis, cutPerMille, bytes);
    }
}
