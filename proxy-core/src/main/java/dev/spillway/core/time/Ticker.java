package dev.spillway.core.time;

/** A source of monotonic time; {@link System#nanoTime} in production, a counter in tests. */
@FunctionalInterface
public interface Ticker {
    /** The system's monotonic clock. */
    Ticker SYSTEM = System::nanoTime;

    /** Nanoseconds since an arbitrary origin; only differences between two readings mean anything. */
    long nowNanos();
}
