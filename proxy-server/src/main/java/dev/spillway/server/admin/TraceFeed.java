package dev.spillway.server.admin;

import dev.spillway.core.protocol.trace.TrafficListener;
import dev.spillway.core.stats.Table;
import dev.spillway.core.stats.Table.Column;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A trace that is under way: what it has found and the console has not sent yet, and whether more can come.
 *
 * <p>Filled on the client's lane, emptied on the console's, ended by either or by time. Bounded by {@link #MOST_ROWS}.
 */
final class TraceFeed implements TrafficListener {
    static final List<Column> COLUMNS = List.of(
            new Column("time", Table.Type.TIMESTAMPTZ),
            new Column("elapsed_us", Table.Type.INT8),
            new Column("direction", Table.Type.TEXT),
            new Column("message", Table.Type.TEXT),
            new Column("length", Table.Type.INT8),
            new Column("detail", Table.Type.TEXT),
            new Column("server", Table.Type.INT4));

    /** Of one trace. */
    static final int MOST_ROWS = 10_000;

    private static final long NANOS_PER_MICRO = 1000;

    private final long beginNanos = System.nanoTime();
    private final Queue<List<@Nullable String>> rows = new ConcurrentLinkedQueue<>();
    private final AtomicInteger found = new AtomicInteger();
    /** Why it has ended, for people; empty: as it was to end. */
    private final CompletableFuture<String> end = new CompletableFuture<>();

    private final AtomicBoolean isTold = new AtomicBoolean();
    private volatile Runnable onMore = () -> {};

    private TraceFeed() {}

    /** Watches a client for so long. */
    static CompletableFuture<TraceFeed> begin(Operations operations, long client, int seconds) {
        TraceFeed feed = new TraceFeed();
        return operations.trace(client, feed).thenApply(remove -> {
            var _ = feed.end
                    .completeOnTimeout("", seconds, TimeUnit.SECONDS)
                    .thenRun(remove)
                    .thenRun(feed::tell);
            return feed;
        });
    }

    @Override
    public void onMessage(boolean isFromClient, int server, String name, long lengthBytes, String detail) {
        if (end.isDone()) {
            return;
        }
        int row = found.incrementAndGet();
        long elapsedNanos = System.nanoTime() - beginNanos;
        rows.add(Arrays.asList(
                Table.time(System.currentTimeMillis()),
                String.valueOf(elapsedNanos / NANOS_PER_MICRO),
                isFromClient ? "from client" : "to client",
                name,
                String.valueOf(lengthBytes),
                detail,
                server == 0 ? null : String.valueOf(server)));
        if (row == MOST_ROWS) {
            stop("the trace ended after " + MOST_ROWS + " rows");
        }
        tell();
    }

    @Override
    public void onEnd() {
        stop("the client has gone");
    }

    /** Finds nothing more; {@code why} is for people. What it has found stays. Repeating it does nothing. */
    void stop(String why) {
        end.complete(why);
    }

    /** {@code action} is run, on whatever thread, when there are rows to {@link #poll} or the end has come. */
    void whenMore(Runnable action) {
        onMore = action;
        isTold.set(false);
        tell();
    }

    private void tell() {
        if (isTold.compareAndSet(false, true)) {
            onMore.run();
        }
    }

    /** Whoever has been told comes to see. */
    void look() {
        isTold.set(false);
    }

    /** The next row; null: there is none now. */
    @Nullable
    List<@Nullable String> poll() {
        return rows.poll();
    }

    boolean hasRows() {
        return !rows.isEmpty();
    }

    /** Is there nothing, and will there be nothing? */
    boolean isDrained() {
        return end.isDone() && rows.isEmpty();
    }

    /** Why it has ended; empty: as it was to end, or not yet. */
    String why() {
        return end.getNow("");
    }
}
