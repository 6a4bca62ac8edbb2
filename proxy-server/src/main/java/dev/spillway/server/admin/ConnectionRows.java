package dev.spillway.server.admin;

import dev.spillway.core.stats.ConnectionFigures;
import dev.spillway.core.stats.Connections;
import dev.spillway.core.stats.SocketTables;
import dev.spillway.core.stats.Table.Column;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Connections as rows, which are made while others are still being read. A client of the console that takes its time is waited for:
 * what has been read and not been sent is {@link #MOST_AHEAD} portions.
 */
final class ConnectionRows implements RowSource {
    private static final int MOST_AHEAD = 2;

    private final Connections connections;
    private final SocketTables.Form form;
    /** Who has moved to another lane after the first had been read is read there, too. */
    private final Set<Integer> seen = new HashSet<>();

    private List<ConnectionFigures> portion = List.of();
    private int next;

    // Whoever reads connections does it on another thread.
    private final Queue<List<ConnectionFigures>> ahead = new ConcurrentLinkedQueue<>();
    private volatile boolean isReading;
    private volatile boolean isAllRead;
    private volatile @Nullable Throwable failure;
    private volatile Runnable onMore = () -> {};

    ConnectionRows(Connections connections, SocketTables.Form form) {
        this.connections = connections;
        this.form = form;
    }

    @Override
    public List<Column> columns() {
        return form.columns();
    }

    @Override
    public String tag() {
        return TableRows.TAG;
    }

    @Override
    public void whenMore(Runnable action) {
        onMore = action;
        action.run();
    }

    @Override
    public void look() {
        if (!isReading && !isAllRead && failure == null && ahead.size() < MOST_AHEAD) {
            isReading = true;
            var _ = connections.next().whenComplete(this::onRead);
        }
    }

    private void onRead(Connections.@Nullable Portion read, @Nullable Throwable failed) {
        if (read == null) {
            failure = failed;
        } else {
            ahead.add(read.found());
            isAllRead = read.isLast();
        }
        isReading = false;
        onMore.run();
    }

    /** Fails if reading has. */
    @Override
    public @Nullable List<@Nullable String> poll() {
        while (hasRows()) {
            if (failure != null) {
                throw new IllegalStateException(failure);
            }
            if (next == portion.size()) {
                portion = ahead.remove();
                next = 0;
            } else {
                ConnectionFigures connection = portion.get(next++);
                if (form.isShown().test(connection) && isNew(connection)) {
                    return form.row().apply(connection);
                }
            }
        }
        return null;
    }

    private boolean isNew(ConnectionFigures connection) {
        int id = connection.id();
        return id == 0 || seen.add(id);
    }

    @Override
    public boolean hasRows() {
        return next < portion.size() || !ahead.isEmpty() || failure != null;
    }

    @Override
    public boolean isDrained() {
        return isAllRead && !hasRows();
    }

    @Override
    public String why() {
        return "";
    }

    @Override
    public void stop(String why) {}
}
