package dev.spillway.core.session;

import dev.spillway.core.pool.HostBudget;
import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks a PostgreSQL what it has on a server that a pool has open already, so that knowing costs no connection. It waits for that server
 * like a client, and gives it back.
 *
 * <p>Made by the lane that has claimed the reading, confined to it. It owns no buffer but the beginning of a message that has not come
 * whole.
 */
public final class HostReader implements LeaseHolder, Waiter<ServerSession> {
    /** What is known after so long is of no use any more. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final SessionPorts ports;
    private final ServerPool pool;
    private final HostQuestion question;
    private @Nullable ServerSession server;
    private @Nullable FrameReader frames;
    private boolean isAnswered;
    private boolean isOver;

    private HostReader(SessionPorts ports, ServerPool pool, HostBudget budget) {
        this.ports = ports;
        this.pool = pool;
        this.question = new HostQuestion(budget);
    }

    /** Asks {@code budget}'s host on a server of {@code pool}. */
    public static void begin(SessionPorts ports, ServerPool pool, HostBudget budget) {
        HostReader reader = new HostReader(ports, pool, budget);
        pool.seek(reader, Snapshot.NEUTRAL, ports.nowNanos());
    }

    private void end() {
        if (isOver) {
            return;
        }
        isOver = true;
        question.leave();
        pool.leave(this);
        ServerSession linked = server;
        server = null;
        if (linked != null) {
            linked.unlink(false, false, Snapshot.NEUTRAL);
        }
        FrameReader reader = frames;
        if (reader != null) {
            reader.close();
        }
    }

    @Override
    public void onServed(ServerSession free) {
        server = free;
        frames = new FrameReader(free.wire().allocator(), ConnectQuery.RULES);
        free.link(this, Snapshot.NEUTRAL);
        free.wire().flush();
    }

    @Override
    public void onRestored() {
        ask();
    }

    private void ask() {
        ServerSession linked = server;
        String sql = linked == null ? null : question.next(ports.nowNanos());
        if (linked == null || sql == null) {
            end();
            return;
        }
        isAnswered = false;
        linked.replies().add(ReplyQueue.Kind.QUERY, ReplyQueue.Disposition.FORWARD);
        ByteBuf message = linked.wire().allocator().buffer(sql.length() + 16);
        FrontendMessages.query(message, sql);
        linked.wire().write(message);
        linked.wire().flush();
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
    public boolean isClient() {
        return false;
    }

    @Override
    public Duration waitTimeout(Duration usual) {
        return PATIENCE;
    }

    @Override
    public void onServerClosed(ErrorFields error, boolean isTold) {
        server = null;
        end();
    }

    @Override
    public void deliver(ByteBuf source, int from, int to) {
        FrameReader reader = frames;
        if (reader == null || isOver) {
            return;
        }
        reader.feed(Run.slice(source, from, to));
        try {
            while (reader.next()) {
                if (reader.isContinuation()) {
                    continue;
                }
                if (reader.type() == BackendType.READY_FOR_QUERY) {
                    isAnswered = true;
                } else {
                    question.onMessage(reader);
                }
            }
        } finally {
            reader.finish();
        }
    }

    @Override
    public void onQuiet() {
        if (isAnswered && !isOver) {
            ask();
        }
    }

    @Override
    public boolean keepsServer() {
        return false;
    }
}
