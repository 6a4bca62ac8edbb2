package dev.spillway.core.time;

import java.util.ArrayDeque;
import java.util.Deque;

/** The greatest of the numbers of the last so many nanoseconds. Confined to one thread. */
public final class RecentMost {
    private record Sample(long atNanos, int number) {}

    private final long windowNanos;
    /** Each greater than all behind it, for the others will never be the greatest again. */
    private final Deque<Sample> samples = new ArrayDeque<>();

    public RecentMost(long windowNanos) {
        this.windowNanos = windowNanos;
    }

    /** {@code number} is seen now; the greatest with it. */
    public int add(int number, long nowNanos) {
        samples.removeIf(sample -> nowNanos - sample.atNanos > windowNanos);
        while (!samples.isEmpty() && samples.getLast().number <= number) {
            samples.removeLast();
        }
        samples.addLast(new Sample(nowNanos, number));
        return samples.getFirst().number;
    }
}
