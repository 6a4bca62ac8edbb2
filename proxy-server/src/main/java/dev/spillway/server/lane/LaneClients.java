package dev.spillway.server.lane;

import dev.spillway.core.pool.Orders;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.ClientSession;
import dev.spillway.server.pipeline.ConnectionHandler;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The logged-in clients of one lane. Confined to it. */
final class LaneClients {
    private final Map<CancelKey, ClientSession> byKey = new LinkedHashMap<>();
    private int movable;

    void add(CancelKey key, ClientSession client) {
        ClientSession before = byKey.put(key, client);
        assert before == null : "two clients with one key";
        if (!client.keepsServer()) {
            movable++;
        }
    }

    /** Does nothing where no such client is. */
    void remove(CancelKey key) {
        ClientSession client = byKey.remove(key);
        if (client != null && !client.keepsServer()) {
            movable--;
        }
    }

    @Nullable
    ClientSession find(CancelKey key) {
        return byKey.get(key);
    }

    /** By the number of its connection. */
    @Nullable
    ClientSession find(long id) {
        for (ClientSession client : byKey.values()) {
            if (client.wire().id() == id) {
                return client;
            }
        }
        return null;
    }

    /** A copy: what is done to a client may end it. */
    List<ClientSession> all() {
        return List.copyOf(byKey.values());
    }

    /** As it is; for reading only. */
    Set<CancelKey> keys() {
        return byKey.keySet();
    }

    boolean isEmpty() {
        return byKey.isEmpty();
    }

    /** How many can leave the lane while they have no server. */
    int movable() {
        return movable;
    }

    /** Sends up to {@code most} of them to {@code target}: those that have no server now. */
    void shed(int most, Lane target, Orders orders) {
        int left = most;
        for (ClientSession client : all()) {
            if (left > 0 && !client.keepsServer() && ((ConnectionHandler) client.wire()).hasSentAll()) {
                left -= send(client, target, orders) ? 1 : 0;
            }
        }
    }

    /** {@code orders}: those of this lane now. False if it stays, since it has a server or is in the middle of a message. */
    boolean send(ClientSession client, Lane target, Orders orders) {
        if (!client.depart()) {
            return false;
        }
        remove(client.identity().key());
        target.expect(client, orders);
        return true;
    }
}
