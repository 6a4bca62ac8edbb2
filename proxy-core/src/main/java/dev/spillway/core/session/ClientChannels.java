package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ConnectionLog.ClientEnd;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The channels that a client listens to, where session state is tracked: they are another connection's, which listens for all
 * clients. One per client, called by its session and by the lane, on whose event loop it lives.
 *
 * <p>When a transaction ends that may have changed them, its ReadyForQuery stays here until the server has been asked which they
 * are and the other connection has confirmed them. Until then what the client sends is held.
 *
 * <p>A notification goes out at once where the client expects no answer, else it waits for the next ReadyForQuery that says
 * idle, and goes before it.
 *
 * <p>It owns what waits.
 */
public final class ClientChannels {
    private final ClientSession client;
    private final Wire wire;
    private final RestoreGuard guard;
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>(0);
    private long waitingBytes;
    /** As the lane was told. */
    private Set<String> channels = Set.of();

    private boolean owesReady;
    private boolean isMoving;
    private boolean isOwnDue;

    ClientChannels(ClientSession client, Wire wire, RestoreGuard guard) {
        this.client = client;
        this.wire = wire;
        this.guard = guard;
    }

    /** Must the client wait: has it been told nothing yet of a transaction that has ended, or are its channels not settled? */
    boolean isBusy() {
        return owesReady || isMoving;
    }

    /** Is the client there? */
    public boolean isOpen() {
        return !client.isClosed();
    }

    /** May the client change lanes? One that listens stays, or what comes meanwhile would not find it. */
    boolean mayDepart() {
        return !isBusy() && channels.isEmpty();
    }

    // ---- the end of a transaction ----------------------------------------------------------------------------------

    /** A ReadyForQuery that says idle is next to go; {@code isLast}: nothing is owed behind it. Does it stay here? */
    boolean holdsReady(ServerSession linked, boolean isLast) {
        sendWaiting();
        isOwnDue |= linked.session().takeOwnHeard();
        if (isLast) {
            owesReady = isOwnDue || linked.session().mayListen();
            linked.session().watchReady(false);
        }
        return owesReady;
    }

    /** The server was asked: these are the channels now. */
    void onAnswer(Set<String> now) {
        if (!now.equals(channels)) {
            move(now);
        }
    }

    /** Its server owes nothing: what waited for that can go. */
    void settle() {
        if (isMoving || guard.isAsking()) {
            return;
        }
        if (isOwnDue && owesReady) {
            move(channels);
        } else if (owesReady) {
            owesReady = false;
            sendWaiting();
            ByteBuf message = wire.allocator().buffer(8);
            BackendMessages.readyForQuery(message, 'I');
            wire.write(message);
            wire.flush();
        } else if (!waiting.isEmpty() && isBetweenTransactions()) {
            sendWaiting();
            wire.flush();
        }
    }

    /** Does the client expect no answer? */
    private boolean isBetweenTransactions() {
        ServerSession linked = client.server();
        return !owesReady && (linked == null || linked.isReleasable() || guard.isAsking());
    }

    private void move(Set<String> now) {
        Set<String> before = channels;
        isMoving = true;
        isOwnDue = false; // when that is confirmed, all has come that was sent before
        channels = now;
        client.ports().listen(client, before, now, this::onMoved);
    }

    private void onMoved(@Nullable ErrorFields error) {
        isMoving = false;
        if (client.isClosed()) {
            return;
        }
        if (error == null) {
            settle();
            client.goOn();
        } else {
            client.close(ClientEnd.NOT_SERVED, ProxyError.CANNOT_LISTEN.fields(error.message()));
        }
    }

    // ---- notifications ---------------------------------------------------------------------------------------------

    /**
     * A notification for the client, or what else it is to get between two transactions; takes {@code message}. False if it has not
     * read {@code limitBytes} of them, so that it has to be {@linkplain #closeUnread closed}.
     */
    public boolean deliver(ByteBuf message, int limitBytes) {
        int bytes = message.readableBytes();
        boolean isIdle = isBetweenTransactions();
        if ((isIdle ? wire.unsentBytes() : waitingBytes) + bytes > limitBytes) {
            message.release();
            return false;
        }
        if (isIdle) {
            sendWaiting();
            wire.write(message);
            wire.flush();
            return true;
        }
        waiting.add(message);
        waitingBytes += bytes;
        ServerSession linked = client.server();
        if (linked != null) {
            linked.session().watchReady(true);
        }
        return true;
    }

    /** The client has not read {@code limitBytes}. */
    public void closeUnread(int limitBytes) {
        client.close(ClientEnd.TOO_SLOW, ProxyError.NOTIFICATIONS_UNREAD.fields(limitBytes));
    }

    private void sendWaiting() {
        for (ByteBuf next = waiting.poll(); next != null; next = waiting.poll()) {
            wire.write(next);
        }
        waitingBytes = 0;
    }

    /** The client leaves. */
    void leave() {
        for (ByteBuf next = waiting.poll(); next != null; next = waiting.poll()) {
            next.release();
        }
        if (!channels.isEmpty()) {
            Set<String> before = channels;
            channels = Set.of();
            client.ports().listen(client, before, channels, error -> {});
        }
    }
}
