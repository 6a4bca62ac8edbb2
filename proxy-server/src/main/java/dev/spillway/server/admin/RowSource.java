package dev.spillway.server.admin;

import dev.spillway.core.stats.Table.Column;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows that are there, or come while they happen. Asked by one thread at a time. */
interface RowSource {
    List<Column> columns();

    /** Of CommandComplete. */
    String tag();

    /** {@code action} is run, on whatever thread, when there are rows to {@link #poll} or the end has come. */
    void whenMore(Runnable action);

    /** Whoever has been told comes to see. */
    void look();

    /** The next row; null: there is none now. */
    @Nullable
    List<@Nullable String> poll();

    boolean hasRows();

    /** Is there nothing, and will there be nothing? */
    boolean isDrained();

    /** Why it has ended, for people; empty: as it was to end, or not yet. */
    String why();

    /** Nobody wants to see what happens from now on; {@code why} is for people. Callable by any thread; repeating it does nothing. */
    void stop(String why);
}
