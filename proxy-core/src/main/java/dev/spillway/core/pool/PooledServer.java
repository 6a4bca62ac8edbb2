package dev.spillway.core.pool;

import org.jspecify.annotations.Nullable;

/** What a pool has to know of a server connection. */
public interface PooledServer {
    /** When its login was complete. */
    long openedAtNanos();

    /** When it last became idle. */
    long idleSinceNanos();

    /** The session state it holds; null if that is not known. Compared by {@code equals} with what a client wants. */
    @Nullable
    Object affinity();

    /** Finds out whether it still answers: then it is {@link Pool#release released} again, otherwise closed. */
    void check();

    /** Closes it; {@code reason} is for the log. The pool hears of it by {@link Pool#onClosed}. */
    void close(String reason);
}
