package dev.spillway.server.lane;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.session.ClientChannels;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.Listener;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.SessionPorts;
import dev.spillway.core.session.channels.Audience;
import dev.spillway.core.session.channels.Deliveries;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * What the clients of a lane listen to, and the connections of this lane that listen for the clients of all. Confined to it.
 *
 * <p>Each database has one such connection, on the lane that {@link Lanes#listenerOf} says. What a client wants goes there as a
 * task, and what comes is handed to the lanes as tasks, in order: a confirmation never overtakes what was sent before it.
 */
final class LaneChannels {
    private final Lane lane;
    private final int number;
    private final Lanes lanes;
    private final LanePools pools;
    private ProxyConfig config;
    private final Audience<ClientSession> audience = new Audience<>();
    private final Deliveries<ClientSession, ByteBuf> deliveries;
    private final Map<String, Listener> listeners = new HashMap<>();
    private boolean isStopped;

    LaneChannels(Lane lane, EventLoop loop, int number, Lanes lanes, LanePools pools, ProxyConfig config) {
        this.lane = lane;
        this.number = number;
        this.lanes = lanes;
        this.pools = pools;
        this.config = config;
        this.deliveries = new Deliveries<>(new Telling(), action -> {
            // Even without a delay the loop has been to its connections by then, which it would not have been with
            // execute alone.
            var _ = loop.schedule(() -> lane.execute(action), 0, TimeUnit.NANOSECONDS);
        });
    }

    void apply(ProxyConfig next) {
        config = next;
    }

    // ---- clients of this lane --------------------------------------------------------------------------------------

    /** See {@link SessionPorts#listen}. */
    void listen(ClientSession client, Set<String> before, Set<String> after, SessionPorts.Moved done) {
        String database = client.identity().database();
        String user = client.pool().pool().share().key().user();
        Set<String> added = without(after, before);
        Set<String> removed = without(before, after);
        Lane owner = lanes.listenerOf(database);
        if (!client.channels().isOpen()) {
            audience.remove(database, removed, client);
            owner.execute(() -> owner.listening().listener(database).leave(number, removed));
            return;
        }
        SessionPorts.Moved here = error -> {
            audience.remove(database, removed, client);
            if (error == null && client.channels().isOpen()) {
                audience.add(database, added, client);
            }
            done.moved(added.isEmpty() ? null : error);
        };
        owner.execute(() -> owner.listening()
                .listener(database)
                .change(
                        number,
                        user,
                        added,
                        removed,
                        error -> lane.execute(() -> deliveries.then(() -> here.moved(error)))));
    }

    private static Set<String> without(Set<String> some, Set<String> others) {
        Set<String> rest = new TreeSet<>(some);
        rest.removeAll(others);
        return rest;
    }

    /** A notification has come for clients of this lane. */
    private void onNotification(String database, String channel, byte[] message) {
        deliveries.tell(List.of(database, channel), () -> audience.of(database, channel), message);
    }

    private void onGap(String database, long missedMillis) {
        ByteBuf notice = Unpooled.buffer();
        ProxyError.LISTENER_LOST.fields(missedMillis).writeNotice(notice);
        byte[] message = new byte[notice.readableBytes()];
        notice.readBytes(message);
        deliveries.tell(List.of(database), () -> audience.of(database), message);
    }

    /** To the clients. One that does not read is closed. */
    private final class Telling implements Deliveries.Outlet<ClientSession, ByteBuf> {
        @Override
        public ByteBuf together(List<byte[]> messages, int bytes) {
            ByteBuf all = ByteBufAllocator.DEFAULT.directBuffer(bytes);
            messages.forEach(all::writeBytes);
            return all;
        }

        @Override
        public void release(ByteBuf messages) {
            messages.release();
        }

        @Override
        public void tell(ClientSession client, ByteBuf messages) {
            int limitBytes = config.notifyBuffer();
            ClientChannels channels = client.channels();
            if (channels.isOpen() && !channels.deliver(messages.retainedDuplicate(), limitBytes)) {
                channels.closeUnread(limitBytes);
            }
        }

        /** What one client is told of together leaves room for what it has not read yet. */
        @Override
        public int mostBytes() {
            return config.notifyBuffer() / 4;
        }
    }

    // ---- the connections of this lane ------------------------------------------------------------------------------

    private Listener listener(String database) {
        return listeners.computeIfAbsent(database, name -> {
            Listener made = new Listener(lane, name, lanes.all().size(), new Way(name));
            if (isStopped) {
                made.stop();
            }
            return made;
        });
    }

    /** From the connection to the lanes. */
    private final class Way implements Listener.Outlet {
        private final String database;

        Way(String database) {
            this.database = database;
        }

        @Override
        public ServerPool pool(String user) {
            DatabaseConfig known = config.database(database);
            if (known == null) {
                throw new Refused(ProxyError.DATABASE_REMOVED.fields(database));
            }
            return pools.as(known, user, lane.nowNanos());
        }

        @Override
        public void hand(int to, String channel, byte[] notification) {
            Lane target = lanes.all().get(to);
            target.execute(() -> target.listening().onNotification(database, channel, notification));
        }

        @Override
        public void tellOfGap(int to, long missedMillis) {
            Lane target = lanes.all().get(to);
            target.execute(() -> target.listening().onGap(database, missedMillis));
        }
    }

    void tick(long nowNanos) {
        if (!listeners.isEmpty()) {
            listeners.values().forEach(listener -> listener.tick(nowNanos));
            listeners.values().removeIf(Listener::isUnused);
        }
    }

    /** The proxy ends. */
    void stop() {
        isStopped = true;
        deliveries.end();
        listeners.values().forEach(Listener::stop);
    }
}
