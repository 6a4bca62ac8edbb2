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
final class TraceFeed implements TrafficListener, RowSource {
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

    /** Finds nothing more. What it has found stays. */
    @Override
    public void stop(String why) {
        end.complete(why);
    }

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public String tag() {
        return TraceCommand.TAG;
    }

    @Override
    public void whenMore(Runnable action) {
        onMore = action;
        isTold.set(false);
        tell();
    }

    private void tell() {
        if (isTold.compareAndSet(false, true)) {
            onMore.run();
        }
    }

    @Override
    public void look() {
        isTold.set(false);
    }

    @Override
    public @Nullable List<@Nullable String> poll() {
        return rows.poll();
    }

    @Override
    public boolean hasRows() {
        return !rows.isEmpty();
    }

    @Override
    public boolean isDrained() {
        return end.isDone() && rows.isEmpty();
    }

    @Override
    public String why() {
        return end.getNow("");
    }
}
