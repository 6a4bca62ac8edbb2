package dev.spillway.core.session;

import dev.spillway.core.pool.Pool;
import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.time.Duration;

/** A client's place in the queue of its pool, while it has one. One per client, called by its session and the pool. */
final class ServerWait implements Waiter<ServerSession> {
    private final ClientSession client;
    private SessionPorts ports;
    private Pool<ServerSession> pool;
    private boolean isWaiting;
    /** Has it waited for the server that it gets next? */
    private boolean hasWaited;

    private boolean isSuspended;
    private boolean isClientTold;
    private long sinceNanos;

    ServerWait(ClientSession client, SessionPorts ports, Pool<ServerSession> pool) {
        this.client = client;
        this.ports = ports;
        this.pool = pool;
    }

    boolean isWaiting() {
        return isWaiting;
    }

    /** 0 if it does not wait. */
    long waitedNanos(long nowNanos) {
        return isWaiting ? nowNanos - sinceNanos : 0;
    }

    /** Takes a place at the end of the queue, unless it has one. */
    void begin(long nowNanos) {
        if (!isWaiting) {
            isWaiting = true;
            hasWaited = true;
            isClientTold = false;
            sinceNanos = nowNanos;
            pool.enqueue(this, nowNanos);
        }
    }

    /** For how long it has waited for the server that it gets now; 0 if it has not. */
    long takeWaited(long nowNanos) {
        long waited = hasWaited ? nowNanos - sinceNanos : 0;
        hasWaited = false;
        return waited;
    }

    /** Leaves the queue; false if it was in none. */
    boolean end() {
        boolean wasWaiting = isWaiting;
        if (wasWaiting) {
            isWaiting = false;
            hasWaited = false;
            pool.leave(this);
        }
        return wasWaiting;
    }

    /** Leaves the queue, if it is in one, for the time until it {@linkplain #moveTo moves} to another. */
    void suspend() {
        isSuspended = end();
    }

    /** From now on the queue is that of {@code next}, on {@code lane}; true if a place in the old one was {@linkplain #suspend suspended}. */
    boolean moveTo(SessionPorts lane, Pool<ServerSession> next) {
        boolean wasWaiting = isSuspended;
        isSuspended = false;
        ports = lane;
        pool = next;
        return wasWaiting;
    }

    /** Goes on where it is now, if it was waiting: with a server that is free there, or else with the time it has waited. */
    void resume(boolean wasWaiting) {
        hasWaited = wasWaiting;
        if (wasWaiting && client.acquire()) {
            client.input().processHeld();
        } else if (wasWaiting) {
            rejoin();
        }
    }

    /** Takes a server for a client that has not asked for one: now if one is free, else when its turn comes. */
    void seek(long nowNanos) {
        if (client.acquire()) {
            client.input().processHeld();
        } else {
            begin(nowNanos);
        }
    }

    /** Takes a place with the time that it has waited already. */
    private void rejoin() {
        isWaiting = true;
        pool.enqueue(this, sinceNanos);
    }

    @Override
    public Duration waitTimeout(Duration usual) {
        return ports.waitTimeout(client.identity().user(), usual);
    }

    @Override
    public void onServed(ServerSession free) {
        isWaiting = false;
        client.onServed(free);
    }

    @Override
    public void onWaitFailed(ErrorFields error, boolean isFinal) {
        isWaiting = false;
        hasWaited = false;
        client.onWaitFailed(error, isFinal);
    }

    @Override
    public void onLongWait(ErrorFields notice) {
        if (!isClientTold) {
            isClientTold = true;
            client.answers().notice(notice);
            client.wire().flush();
        }
    }
}
