package dev.spillway.core.pool;

import java.time.Duration;

/** A clock that stands still until it is told to go on. */
final class VirtualTime {
    /** Does not begin at zero, as the real one does not. */
    long nanos = 1_000_000_000_000L;

    void pass(Duration duration) {
        nanos += duration.toNanos();
    }
}
