package dev.spillway.core.session;

import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Has PostgreSQL end the process of a server that heeds no cancel, by another server of its pool, in whose queue it waits like a
 * client. To close the connection is not enough: a process at work does not look at its socket, and keeps its place in PostgreSQL.
 *
 * <p>Begun by the {@link Recovery} of that server, confined to its lane. The process is known by its number and by the port that its
 * connection comes from, so that nobody else is ended where the number is another pooler's invention.
 */
final class Termination implements LeaseHolder, Waiter<ServerSession> {
    private final ServerPool pool;
    private final String sql;
    private @Nullable ServerSession server;
    private boolean wasSent;
    private boolean isAnswered;
    private boolean isOver;

    private Termination(ServerPool pool, String sql) {
        this.pool = pool;
        this.sql = sql;
    }

    /** Begins to end {@code stuck}, a server of {@code pool}. */
    static Termination begin(ServerSession stuck, ServerPool pool, long nowNanos) {
        Termination termination = new Termination(pool, sql(stuck));
        pool.seek(termination, Snapshot.NEUTRAL, nowNanos);
        return termination;
    }

    private static String sql(ServerSession stuck) {
        String local = stuck.wire().local();
        String port = local.substring(local.lastIndexOf(':') + 1);
        boolean isTcp = !local.startsWith("unix") && port.matches("[0-9]{1,5}");
        return "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid"
                + " OPERATOR(pg_catalog.=) "
                + stuck.facts().processId() + " AND client_port OPERATOR(pg_catalog.=) " + (isTcp ? port : "-1");
    }

    /** May PostgreSQL have been asked already? Then it cannot be taken back. */
    boolean wasSent() {
        return wasSent;
    }

    /** It is no longer needed. */
    void end() {
        if (isOver) {
            return;
        }
        isOver = true;
        pool.leave(this);
        ServerSession linked = server;
        server = null;
        if (linked != null) {
            linked.unlink(false, false, Snapshot.NEUTRAL);
        }
    }

    @Override
    public void onServed(ServerSession free) {
        server = free;
        free.link(this, Snapshot.NEUTRAL);
        free.wire().flush();
    }

    @Override
    public void onRestored() {
        ServerSession linked = server;
        if (linked != null) {
            wasSent = true;
            linked.inject(sql, (error, status) -> isAnswered = true);
            linked.wire().flush();
        }
    }

    @Override
    public void onQuiet() {
        if (isAnswered) {
            end();
        }
    }

    @Override
    public void onRestoreFailed(ErrorFields error) {
        end();
    }

    @Override
    public void onWaitFailed(ErrorFields error, boolean isFinal) {
        end();
    }

    @Override
    public void onServerClosed(ErrorFields error, boolean isTold) {
        server = null;
        end();
    }

    @Override
    public void deliver(ByteBuf source, int from, int to) {}

    @Override
    public boolean keepsServer() {
        return false;
    }
}
