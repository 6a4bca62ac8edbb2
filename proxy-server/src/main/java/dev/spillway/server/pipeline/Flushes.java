package dev.spillway.server.pipeline;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.List;

/**
 * The connections of one event loop that have something to send: all of it is sent in one go when the loop has dealt with
 * what it read. To send wakes the peer, and a peer that wakes on this core takes it; in between two reads that would cost
 * the loop its caches each time.
 *
 * <p>Confined to its event loop. A connection that is here does not leave the loop before it is sent: what it leaves by is a
 * later task of the same loop.
 */
final class Flushes {
    private static final FastThreadLocal<Flushes> OF_LOOP = new FastThreadLocal<>() {
        @Override
        protected Flushes initialValue() {
            return new Flushes();
        }
    };

    private final List<ConnectionHandler> waiting = new ArrayList<>();
    private final Runnable sendAll = this::sendAll;

    /** Those of the event loop that calls. */
    static Flushes ofLoop() {
        return OF_LOOP.get();
    }

    /** Sends what {@code connection} has written, soon. It is on {@code loop}, which calls. */
    void add(ConnectionHandler connection, EventLoop loop) {
        waiting.add(connection);
        if (waiting.size() == 1) {
            loop.execute(sendAll);
        }
    }

    private void sendAll() {
        try {
            for (int i = 0; i < waiting.size(); i++) { // sending may add others
                waiting.get(i).flushNow();
            }
        } finally {
            waiting.clear();
        }
    }
}
