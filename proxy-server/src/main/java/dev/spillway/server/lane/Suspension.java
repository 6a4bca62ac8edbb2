package dev.spillway.server.lane;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.session.Wire;
import dev.spillway.server.pipeline.ConnectionHandler;
import java.time.Duration;
import java.util.List;

/**
 * SUSPEND on one lane: nothing is read from its clients and servers, and what was written to them leaves. Those that come to the lane
 * meanwhile are suspended with the next beat; logins, the console and what the proxy speaks with its own are not.
 *
 * <p>Confined to the lane but for {@link #isQuiet}.
 */
final class Suspension {
    private final LaneClients clients;
    private final LanePools pools;
    private final Runnable whenQuiet;
    private boolean isOn;
    private long sinceNanos;
    private volatile boolean isQuiet;

    /** {@code whenQuiet}: nothing is left to be sent. */
    Suspension(LaneClients clients, LanePools pools, Runnable whenQuiet) {
        this.clients = clients;
        this.pools = pools;
        this.whenQuiet = whenQuiet;
    }

    boolean isOn() {
        return isOn;
    }

    /** Is all read that will be, and sent what was written? Readable from any thread. */
    boolean isQuiet() {
        return isQuiet;
    }

    /** Begins or ends. */
    void heed(boolean isOrdered, long nowNanos) {
        if (isOrdered == isOn) {
            return;
        }
        isOn = isOrdered;
        isQuiet = false;
        sinceNanos = nowNanos;
        switchAll();
    }

    private void switchAll() {
        clients.all().forEach(client -> of(client.wire()).suspend(isOn));
        pools.servers().forEach(server -> of(server.wire()).suspend(isOn));
    }

    /** {@code limit}: how long what was written may take to leave; 0: for ever. */
    void tick(Duration limit, long nowNanos) {
        if (!isOn) {
            return;
        }
        switchAll();
        List<ClientSession> slowClients = clients.all().stream()
                .filter(client -> !hasSentAll(client.wire()))
                .toList();
        List<ServerSession> slowServers = pools.servers().stream()
                .filter(server -> !hasSentAll(server.wire()))
                .toList();
        if (slowClients.isEmpty() && slowServers.isEmpty()) {
            becomeQuiet();
        } else if (limit.isPositive() && nowNanos - sinceNanos > limit.toNanos()) {
            slowClients.forEach(client -> client.close(ProxyError.CLIENT_SUSPENDED.fields()));
            slowServers.forEach(server -> server.close("suspend_timeout"));
        }
    }

    private void becomeQuiet() {
        if (!isQuiet) {
            isQuiet = true;
            whenQuiet.run();
        }
    }

    private static boolean hasSentAll(Wire wire) {
        return of(wire).hasSentAll();
    }

    private static ConnectionHandler of(Wire wire) {
        return (ConnectionHandler) wire;
    }
}
