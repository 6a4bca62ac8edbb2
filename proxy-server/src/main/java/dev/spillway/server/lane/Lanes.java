package dev.spillway.server.lane;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.pool.Cap;
import dev.spillway.core.pool.Crossing;
import dev.spillway.core.pool.PoolLimits;
import dev.spillway.core.pool.PoolShare;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.stats.ProxyFigures;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the lanes share: the pools they have slices of, the limits over all of them, whose client has which cancel key; and
 * the way from one to another.
 *
 * <p>Usable from any thread. Nothing here is touched on the path of a byte, nor are locks held while anything else runs.
 */
public final class Lanes implements Crossing<ServerSession> {
    private final ProxyConfig config;
    private final List<Lane> lanes = new ArrayList<>();
    private final int count;
    private final Map<String, PoolShare> pools = new ConcurrentHashMap<>();
    private final Map<String, Cap> databases = new ConcurrentHashMap<>();
    private final Map<String, Cap> users = new ConcurrentHashMap<>();
    private final Map<CancelKey, Lane> clients = new ConcurrentHashMap<>();
    private final AtomicInteger connected = new AtomicInteger();
    private final ClientLimits limits;

    /** For {@code count} lanes, which {@link #add} brings in before any of them gets to work. */
    public Lanes(ProxyConfig config, int count) {
        this.config = config;
        this.count = count;
        this.limits = new ClientLimits(config);
    }

    /** Lanes have the numbers in which they are added. */
    public void add(Lane lane) {
        lanes.add(lane);
    }

    public List<Lane> all() {
        return List.copyOf(lanes);
    }

    /** Hands the figures of all lanes to {@code taker}, later, on {@code asker}. */
    public void figures(Lane asker, Consumer<ProxyFigures> taker) {
        List<CompletableFuture<ProxyFigures>> parts = lanes.stream()
                .map(lane -> CompletableFuture.supplyAsync(lane::figures, lane::execute))
                .toList();
        CompletableFuture<?>[] all = parts.toArray(CompletableFuture<?>[]::new);
        var _ = CompletableFuture.allOf(all)
                .thenRunAsync(
                        () -> taker.accept(ProxyFigures.sum(
                                parts.stream().map(CompletableFuture::join).toList())),
                        asker::execute);
    }

    /** The lane whose event loop this is. */
    public Lane of(EventLoop loop) {
        return lanes.stream().filter(lane -> lane.isOn(loop)).findFirst().orElseThrow();
    }

    // ---- pools -----------------------------------------------------------------------------------------------------

    /** The pool of {@code user}, as the server knows it, to {@code database}. */
    PoolShare pool(DatabaseConfig database, String user) {
        return pools.computeIfAbsent(database.name() + "\0" + user, key -> newPool(database, user));
    }

    private PoolShare newPool(DatabaseConfig database, String user) {
        UserConfig known = config.users().get(user);
        Integer ofDatabase = database.maxDbConnections();
        Integer ofUser = known == null ? null : known.maxUserConnections();
        return new PoolShare(
                database.name() + "/" + user,
                count,
                PoolLimits.of(config, database, known),
                List.of(
                        cap(databases, database.name(), ofDatabase, config.maxDbConnections()),
                        cap(users, user, ofUser, config.maxUserConnections())));
    }

    private static Cap cap(Map<String, Cap> caps, String name, @Nullable Integer own, int general) {
        return caps.computeIfAbsent(name, key -> new Cap(Objects.requireNonNullElse(own, general)));
    }

    @Override
    public void hand(PoolShare share, ServerSession server, int lane, boolean isAsked) {
        lanes.get(lane).receive(share, server, isAsked);
    }

    @Override
    public void ask(PoolShare share, int donor, int lane) {
        Lane giver = lanes.get(donor);
        giver.execute(() -> {
            if (!giver.donate(share, lane)) {
                Lane asker = lanes.get(lane);
                asker.execute(() -> asker.onRefused(share));
            }
        });
    }

    @Override
    public void wake(PoolShare share, int lane) {
        Lane woken = lanes.get(lane);
        woken.execute(() -> woken.onRoom(share));
    }

    @Override
    public void evict(PoolShare share, int lane) {
        Lane victim = lanes.get(lane);
        victim.execute(() -> victim.giveUp(share));
    }

    // ---- clients ---------------------------------------------------------------------------------------------------

    /** Counts a connection; {@link #onDisconnected} must follow. */
    void onConnected() {
        connected.incrementAndGet();
    }

    void onDisconnected() {
        connected.decrementAndGet();
    }

    ClientLimits limits() {
        return limits;
    }

    /** Client connections on all lanes, logged in or not. */
    int connected() {
        return connected.get();
    }

    void register(CancelKey key, Lane lane) {
        clients.put(key, lane);
    }

    void unregister(CancelKey key) {
        clients.remove(key);
    }

    /** The lane of the client with that key; null if there is none. */
    @Nullable
    Lane laneOf(CancelKey key) {
        return clients.get(key);
    }
}
