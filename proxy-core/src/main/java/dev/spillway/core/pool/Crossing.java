package dev.spillway.core.pool;

/**
 * How the slices of a pool reach each other over the borders of their lanes. Every call returns at once; what it asks for
 * happens later, on the lane it names.
 *
 * @param <S> the server connections
 */
public interface Crossing<S> {
    /** Moves a free server, which its lane has forgotten, to {@code lane}; there it {@link Pool#arrive arrives} or is lost. */
    void hand(PoolShare share, S server, int lane, boolean isAsked);

    /** Asks {@code donor} to {@link Pool#donate} a server to {@code lane}. */
    void ask(PoolShare share, int donor, int lane);

    /** Tells {@code lane} that a server may be opened: {@link Pool#onRoom}. */
    void wake(PoolShare share, int lane);

    /** Asks {@code lane} to {@link Pool#giveUp} an idle server for another pool's sake. */
    void evict(PoolShare share, int lane);
}
