package dev.spillway.core.pool;

import dev.spillway.core.protocol.backend.ErrorFields;
import java.time.Duration;

/** A client in a pool's queue. Exactly one of the first two is called, once, unless it leaves the queue itself. */
public interface Waiter<S> {
    /** Its turn has come; it owns {@code server} until it gives it back. */
    void onServed(S server);

    /** It will not be served. {@code isFinal} says that trying again is of no use: the server has refused for good. */
    void onWaitFailed(ErrorFields error, boolean isFinal);

    /** Does it count among the clients that wait? */
    default boolean isClient() {
        return true;
    }

    /** Is it served before those who came before it, for their sake? */
    default boolean goesFirst() {
        return false;
    }

    /** It has waited for long, and goes on; {@code notice} says so. Called again and again. */
    default void onLongWait(ErrorFields notice) {}

    /** How long it waits, where most wait for {@code usual}; zero: for ever. Asked a few times a second. */
    default Duration waitTimeout(Duration usual) {
        return usual;
    }
}
