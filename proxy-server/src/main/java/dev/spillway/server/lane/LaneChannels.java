package dev.spillway.server.lane;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.Listener;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.SessionPorts;
import dev.spillway.core.session.channels.Audience;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

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
    private final Map<String, Listener> listeners = new HashMap<>();
    private boolean isStopped;

    LaneChannels(Lane lane, int number, Lanes lanes, LanePools pools, ProxyConfig config) {
        this.lane = lane;
        this.number = number;
        this.lanes = lanes;
        this.pools = pools;
        this.config = config;
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
                .change(number, user, added, removed, error -> lane.execute(() -> here.moved(error))));
    }

    private static Set<String> without(Set<String> some, Set<String> others) {
        Set<String> rest = new TreeSet<>(some);
        rest.removeAll(others);
        return rest;
    }

    /** A notification has come for clients of this lane. */
    private void onNotification(String database, String channel, byte[] message) {
        deliver(message, action -> audience.forEach(database, channel, action));
    }

    private void onGap(String database, long missedMillis) {
        ByteBuf notice = Unpooled.buffer();
        ProxyError.LISTENER_LOST.fields(missedMillis).writeNotice(notice);
        byte[] message = new byte[notice.readableBytes()];
        notice.readBytes(message);
        deliver(message, action -> audience.forEach(database, action));
    }

    /** The bytes are the same for all. A client that does not read them is closed when all have had theirs. */
    private void deliver(byte[] message, Consumer<Consumer<ClientSession>> clients) {
        int limitBytes = config.notifyBuffer();
        List<ClientSession> late = new ArrayList<>(0);
        ByteBuf shared = ByteBufAllocator.DEFAULT.directBuffer(message.length).writeBytes(message);
        clients.accept(client -> {
            if (!client.channels().deliver(shared.retainedDuplicate(), limitBytes)) {
                late.add(client);
            }
        });
        shared.release();
        late.forEach(client -> client.channels().closeUnread(limitBytes));
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
        listeners.values().forEach(Listener::stop);
    }
}
