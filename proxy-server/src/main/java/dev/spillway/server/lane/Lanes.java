package dev.spillway.server.lane;

import dev.spillway.core.auth.RandomBytes;
import dev.spillway.core.auth.ScramIssuer;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.Crossing;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.pool.PoolKey;
import dev.spillway.core.pool.PoolShare;
import dev.spillway.core.pool.PoolShares;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.Ending;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.session.prepared.StatementStore;
import dev.spillway.core.stats.ClientReading;
import dev.spillway.core.stats.Connections;
import dev.spillway.core.stats.LaneView;
import dev.spillway.core.stats.Overview;
import dev.spillway.core.stats.ProxyFigures;
import dev.spillway.server.pipeline.TrafficTap;
import dev.spillway.server.transport.TlsContexts;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the lanes share: the pools they have slices of, the limits over all of them, whose client has which cancel key; and
 * the way from one to another.
 *
 * <p>Usable from any thread. Nothing here is touched on the path of a byte, nor are locks held while anything else runs.
 */
public final class Lanes implements Crossing<ServerSession> {
    /** A client that changes lanes meanwhile may be found on none. */
    private static final int MOST_LOOKS = 100;

    private final List<Lane> lanes = new ArrayList<>();
    private final Awaiting awaiting = new Awaiting();
    private final PoolShares shares;
    private final AtomicReference<Orders> orders = new AtomicReference<>(Orders.NONE);
    private final Map<CancelKey, Lane> clients = new ConcurrentHashMap<>();
    private final Map<CancelKey, Runnable> consoles = new ConcurrentHashMap<>();
    private final StatementStore statements = new StatementStore();
    private final RandomBytes random = RandomBytes.secure();
    private final ScramIssuer issuer;
    private final LearnedSecrets learned = new LearnedSecrets();
    private final AtomicInteger connected = new AtomicInteger();
    private final ClientLimits limits = new ClientLimits();
    private final AtomicInteger departed = new AtomicInteger();
    private final AtomicInteger arrived = new AtomicInteger();
    private final AtomicInteger arrivals = new AtomicInteger();
    private final AtomicInteger sessions = new AtomicInteger();
    private final AtomicReferenceArray<Balance.@Nullable Load> loads;
    private final @Nullable Balance balance;

    /**
     * For {@code count} lanes, which {@link #add} brings in before any of them gets to work.
     *
     * @param isElastic whether only as many of them are in use as the load needs
     * @param scramIterations of passwords in plain text
     */
    public Lanes(int count, boolean isElastic, int scramIterations) {
        this.issuer = new ScramIssuer(random, scramIterations);
        this.shares = new PoolShares(count, awaiting::check);
        this.loads = new AtomicReferenceArray<>(count);
        this.balance = isElastic && count > 1 && Usage.isKnown() ? new Balance() : null;
    }

    /** What clients of any lane have prepared. */
    StatementStore statements() {
        return statements;
    }

    /** Lanes have the numbers in which they are added. */
    public void add(Lane lane) {
        lanes.add(lane);
    }

    public List<Lane> all() {
        return List.copyOf(lanes);
    }

    /** What {@code read} finds on each lane, which it runs on; completed on one of them. */
    public <T> CompletableFuture<List<T>> gather(Function<LaneView, T> read) {
        return all(lanes.stream()
                .map(lane -> CompletableFuture.supplyAsync(
                        () -> read.apply(lane.operators().view()), lane::execute))
                .toList());
    }

    private static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> parts) {
        return CompletableFuture.allOf(parts.toArray(CompletableFuture<?>[]::new))
                .thenApply(
                        nothing -> parts.stream().map(CompletableFuture::join).toList());
    }

    /** What all lanes have, in numbers alone; completed on one of them. */
    public CompletableFuture<Overview> overview() {
        return gather(Overview::of).thenApply(Overview::sum);
    }

    /** The figures of all lanes, without their clients; completed on one of them. */
    public CompletableFuture<ProxyFigures> figures() {
        return gather(ProxyFigures::withoutClients).thenApply(ProxyFigures::sum);
    }

    /** What a look at its clients finds on each lane, which sees some of them at a time; completed on one of them. */
    public <T> CompletableFuture<List<T>> look(Supplier<ClientReading.Look<T>> look) {
        return all(lanes.stream().map(lane -> lane.operators().look(look.get())).toList());
    }

    /** All connections; {@code areAll}: with those to servers, and those that log in. */
    public Connections connections(boolean areAll) {
        return new LaneConnections(all(), areAll);
    }

    /** The lane whose event loop this is. */
    public Lane of(EventLoop loop) {
        return lanes.stream().filter(lane -> lane.isOn(loop)).findFirst().orElseThrow();
    }

    /** Has every lane put a new configuration into force; done when all have. */
    public CompletableFuture<Void> apply(ProxyConfig config, Credentials credentials, TlsContexts tls) {
        return onEach(lane -> lane.apply(config, credentials, tls)).thenRun(awaiting::check);
    }

    /** Has every lane do {@code action}; done when all have. */
    public CompletableFuture<Void> onEach(Consumer<Lane> action) {
        return CompletableFuture.allOf(lanes.stream()
                .map(lane -> CompletableFuture.runAsync(() -> action.accept(lane), lane::execute))
                .toArray(CompletableFuture<?>[]::new));
    }

    // ---- what operators order
    // ------------------------------------------------------------------------------------------

    public Orders orders() {
        return orders.get();
    }

    /**
     * Changes the orders and has every lane heed them; done when all have.
     *
     * @param change may be called several times; what it throws is thrown here, and nothing is changed
     */
    public CompletableFuture<Void> order(UnaryOperator<Orders> change) {
        orders.updateAndGet(change);
        CompletableFuture<Void> heeded = onEach(Lane::heed);
        awaiting.check(); // what somebody waits for may never come now
        return heeded;
    }

    /** Completes {@code done} once no pool that {@code which} asks for has a server, or nobody wants that any more. */
    public void awaitEmpty(Predicate<PoolKey> which, BooleanSupplier isUnwanted, CompletableFuture<Void> done) {
        awaiting.until(() -> isUnwanted.getAsBoolean() || shares.areEmpty(which), done);
    }

    /** Completes {@code done} once all lanes are suspended and have sent what was written, or nobody wants that any more. */
    public void awaitQuiet(BooleanSupplier isUnwanted, CompletableFuture<Void> done) {
        awaiting.until(
                () -> isUnwanted.getAsBoolean()
                        || lanes.stream()
                                .allMatch(lane -> lane.operators().suspension().isQuiet()),
                done);
    }

    /** A lane is. */
    void onQuiet() {
        awaiting.check();
    }

    /** Do clients of its database take servers of that pool, or have later ones replaced it? */
    public boolean isCurrent(PoolKey key, ProxyConfig config) {
        return LanePools.isCurrent(key, config, orders());
    }

    /** What each PostgreSQL has that there are pools of. */
    public List<HostFigures> hosts() {
        return shares.hosts();
    }

    /** The databases that have pools. */
    public Set<String> databases() {
        return shares.databases();
    }

    /** Ends the client whose connection has that number; false if there is none. */
    public CompletableFuture<Boolean> kill(long client) {
        return find(lane -> lane.operators().kill(client), MOST_LOOKS);
    }

    /** Has {@code tap} watch the client whose connection has that number; false if there is none. */
    public CompletableFuture<Boolean> trace(long client, TrafficTap tap) {
        return find(lane -> lane.operators().trace(client, tap), MOST_LOOKS);
    }

    /** Does {@code act} on each lane find whom it is for? That one may change lanes meanwhile, and more than one find it. */
    private CompletableFuture<Boolean> find(Predicate<Lane> act, int looks) {
        int before = departed.get();
        boolean wasTravelling = isTravelling();
        AtomicBoolean isFound = new AtomicBoolean();
        return onEach(lane -> {
                    if (act.test(lane)) {
                        isFound.set(true);
                    }
                })
                .thenCompose(nothing -> {
                    boolean mayHaveMoved = wasTravelling || before != departed.get();
                    return isFound.get() || !mayHaveMoved || looks == 1
                            ? CompletableFuture.completedFuture(isFound.get())
                            : find(act, looks - 1);
                });
    }

    // ---- the end
    // -------------------------------------------------------------------------------------------------------

    /** Has every lane end its clients as {@code how} lets them; {@code drained} is completed once none is left. */
    public void drain(Ending how, CompletableFuture<Void> drained) {
        var _ = onEach(lane -> lane.drain(how)).thenRun(() -> awaiting.until(clients::isEmpty, drained));
    }

    // ---- load ------------------------------------------------------------------------------------------------------

    /** Are as many lanes in use as the load needs, and not all? Then it has to be known. */
    boolean isElastic() {
        return balance != null;
    }

    /** The number of the lane for the next connection. */
    public int laneForArrival() {
        int inUse = balance == null ? loads.length() : balance.inUse();
        return Integer.remainderUnsigned(arrivals.getAndIncrement(), inUse);
    }

    /** The lane of the connection that listens for clients of {@code database}: one that is always in use. */
    Lane listenerOf(String database) {
        return lanes.get(balance == null ? Math.floorMod(database.hashCode(), lanes.size()) : 0);
    }

    /** Where a client that keeps its server is to be, which is on {@code present} now. */
    Lane laneForSession(Lane present) {
        return balance == null
                ? present
                : lanes.get(Integer.remainderUnsigned(sessions.getAndIncrement(), lanes.size()));
    }

    void publish(int lane, Balance.Load load) {
        loads.set(lane, load);
    }

    /** Has lanes give clients away as the {@link Balance} has it. Called by one lane, once per beat. */
    void balance() {
        List<Balance.Load> known = new ArrayList<>();
        for (int lane = 0; lane < loads.length(); lane++) {
            Balance.Load load = loads.get(lane);
            if (load != null) {
                known.add(load);
            }
        }
        if (balance != null && known.size() == lanes.size()) {
            balance.next(known).forEach(shift -> shift(shift.from(), shift.to(), shift.clients()));
        }
    }

    /** Sends up to {@code clients} that are without a server from one lane to another, later. */
    public void shift(int from, int to, int clients) {
        Lane giver = lanes.get(from);
        giver.execute(() -> giver.shed(clients, lanes.get(to)));
    }

    void onDeparture() {
        departed.incrementAndGet();
    }

    void onArrival() {
        arrived.incrementAndGet();
    }

    /** How many clients have left a lane for another so far. */
    public int departures() {
        return departed.get();
    }

    /** Is any client on its way from one lane to another? */
    public boolean isTravelling() {
        return arrived.get() != departed.get();
    }

    // ---- pools -----------------------------------------------------------------------------------------------------

    PoolShares shares() {
        return shares;
    }

    @Override
    public void hand(PoolShare share, ServerSession server, int lane, boolean isAsked) {
        lanes.get(lane).receive(share, server, isAsked);
    }

    @Override
    public void ask(PoolShare share, int donor, int lane) {
        Lane giver = lanes.get(donor);
        giver.execute(() -> {
            if (!giver.pools().donate(share, lane)) {
                Lane asker = lanes.get(lane);
                asker.execute(() -> asker.pools().onRefused(share, asker.nowNanos()));
            }
        });
    }

    @Override
    public void wake(PoolShare share, int lane) {
        Lane woken = lanes.get(lane);
        woken.execute(() -> woken.pools().onRoom(share, woken.nowNanos()));
    }

    @Override
    public void evict(PoolShare share, int lane) {
        Lane victim = lanes.get(lane);
        victim.execute(() -> victim.pools().giveUp(share));
    }

    // ---- clients ---------------------------------------------------------------------------------------------------

    /** Counts a connection, and says how many there are with it; {@link #onDisconnected} must follow. */
    int onConnected() {
        return connected.incrementAndGet();
    }

    void onDisconnected() {
        connected.decrementAndGet();
    }

    /** One for all, so that no user's salt tells lanes apart, and with that who is known from who is not. */
    ScramIssuer issuer() {
        return issuer;
    }

    /** What logins have taught of passwords. */
    public LearnedSecrets learned() {
        return learned;
    }

    ClientLimits limits() {
        return limits;
    }

    /** Client connections on all lanes, logged in or not. */
    public int connected() {
        return connected.get();
    }

    /** That client is on {@code lane}; true if it was on none before. */
    boolean register(CancelKey key, Lane lane) {
        return clients.put(key, lane) == null;
    }

    void unregister(CancelKey key) {
        clients.remove(key);
        awaiting.check();
    }

    /** A key for a client of the console; a request with it runs {@code cancel} until it is {@linkplain #closeConsole forgotten}. */
    public CancelKey openConsole(Runnable cancel) {
        CancelKey key = newKey(random, 4);
        consoles.put(key, cancel);
        return key;
    }

    /** Returns whether any other is there. */
    public boolean closeConsole(CancelKey key) {
        consoles.remove(key);
        return !consoles.isEmpty();
    }

    void cancelConsole(CancelKey key) {
        Runnable cancel = consoles.get(key);
        if (cancel != null) {
            cancel.run();
        }
    }

    /** A key that nobody can guess. */
    static CancelKey newKey(RandomBytes random, int secretBytes) {
        byte[] bytes = random.next(Integer.BYTES + secretBytes);
        int processId = ByteBuffer.wrap(bytes).getInt() & Integer.MAX_VALUE;
        return new CancelKey(processId, Arrays.copyOfRange(bytes, Integer.BYTES, bytes.length));
    }

    /** The lane of the client with that key; null if there is none. */
    @Nullable
    Lane laneOf(CancelKey key) {
        return clients.get(key);
    }
}
