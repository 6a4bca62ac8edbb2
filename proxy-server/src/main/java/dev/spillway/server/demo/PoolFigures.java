package dev.spillway.server.demo;

/**
 * What pools have counted since they began.
 *
 * @param assignments of a server to a client
 * @param waits assignments for which the client had to wait
 * @param waitNanos the sum of those waits
 */
public record PoolFigures(long assignments, long waits, long waitNanos) {
    /** Both together. */
    public PoolFigures plus(PoolFigures more) {
        return new PoolFigures(assignments + more.assignments, waits + more.waits, waitNanos + more.waitNanos);
    }

    /** What happened since {@code earlier}. */
    PoolFigures since(PoolFigures earlier) {
        return new PoolFigures(assignments - earlier.assignments, waits - earlier.waits, waitNanos - earlier.waitNanos);
    }
}
