package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.Replication;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Layer (d): slices that are freed the moment they are unused, while other lanes send them servers, questions and
 * wake-ups that arrive whenever they arrive, and while databases move to other hosts, are paused, resumed and given new
 * servers, of which each lane hears in its own time. A lane that has heard of a pause serves nobody, and when all have and
 * the clients are done, no server is left. Some clients want a server of their own, which is closed when they leave. No client is left waiting, no limit is
 * passed, no server is lost from the counts, and in the end nothing is left of any pool.
 */
class PoolFreeingPropertyTest {
    private static final int RUNS = 300;
    private static final int EVENTS = 400;
    private static final int POOL_SIZE = 3;
    private static final List<String> DATABASES = List.of("a", "b");

    @Test
    void nothingIsLostWithASliceAndNothingIsLeftOfAPool() {
        long first = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);
        for (long seed = first; seed < first + RUNS; seed++) {
            try {
                new Run(new Random(seed)).play();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("to repeat it: -Dspillway.test.seed=" + seed + "\n" + e.getMessage(), e);
            }
        }
    }

    private static final class Run implements Crossing<FakeServer> {
        private final Random random;
        private final PoolShares shares;
        private final List<Lane> lanes = new ArrayList<>();
        private final Queue<Opening> openings = new ArrayDeque<>();
        private Orders orders = Orders.NONE;
        private final Set<Client> clients = new LinkedHashSet<>();
        private ProxyConfig config = ProxyConfig.defaults()
                .with(CapacitySettings.MAX_SERVER_CONNECTIONS, 3)
                .with(Settings.DEFAULT_POOL_SIZE, POOL_SIZE)
                .with(Settings.RESERVE_POOL_SIZE, 0)
                .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ZERO)
                .with(Settings.SERVER_IDLE_TIMEOUT, Duration.ofMillis(200))
                .with(Settings.MAX_DB_CONNECTIONS, 4);
        private final VirtualTime time = new VirtualTime();

        Run(Random random) {
            this.random = random;
            int count = 1 + random.nextInt(4);
            shares = new PoolShares(count);
            DATABASES.forEach(this::pointElsewhere);
            for (int number = 0; number < count; number++) {
                lanes.add(new Lane(this, number, config));
            }
        }

        private void pointElsewhere(String database) {
            config = config.with(DatabaseConfig.named(database).with(DatabaseSettings.PORT, 5000 + random.nextInt(3)));
        }

        void play() {
            for (int i = 0; i < EVENTS; i++) {
                event();
            }
            order(orders.pause(true));
            letEnd(() -> shares.areEmpty(key -> true));
            assertThat(shares.areEmpty(key -> true))
                    .as("no servers while paused")
                    .isTrue();
            order(DATABASES.stream()
                    .reduce(orders.pause(false), (some, name) -> some.pause(name, false), (one, other) -> other)
                    .renew());
            letEnd(() -> clients.isEmpty() && shares.size() == 0);
            assertThat(clients).as("clients that nobody served").isEmpty();
            assertThat(shares.size()).as("pools and caps that are left").isZero();
        }

        private void letEnd(BooleanSupplier isDone) {
            for (int i = 0; i < 2000 && !isDone.getAsBoolean(); i++) {
                time.nanos += 10_000_000;
                List.copyOf(clients).forEach(Client::finish);
                lanes.forEach(Lane::runAll);
                runNext(openings);
                lanes.forEach(Lane::tick);
            }
        }

        private void order(Orders next) {
            orders = next;
            lanes.forEach(each -> each.tasks.add(() -> each.heed(orders)));
        }

        private Orders change(Orders before) {
            String database = DATABASES.get(random.nextInt(DATABASES.size()));
            return switch (random.nextInt(6)) {
                case 0 -> before.renew();
                case 1 -> before.renew(database);
                case 2 -> before.pause(!before.isPaused());
                case 3 -> before.pause(database, true);
                default -> before.pause(false).pause(database, false);
            };
        }

        private void event() {
            time.nanos += random.nextInt(5_000_000);
            Lane lane = lanes.get(random.nextInt(lanes.size()));
            switch (random.nextInt(10)) {
                case 0, 1 -> {
                    Client client = new Client(this, lane, DATABASES.get(random.nextInt(DATABASES.size())));
                    clients.add(client);
                    client.seek();
                }
                case 2, 3 -> List.copyOf(clients).stream().limit(2).forEach(Client::finish);
                case 4 -> List.copyOf(clients).reversed().stream().limit(1).forEach(Client::leave);
                case 5, 6 -> runNext(lane.tasks);
                case 7 -> runNext(openings);
                case 8 -> lane.tick();
                default -> {
                    if (random.nextInt(3) == 0) {
                        order(change(orders));
                    } else if (random.nextInt(8) == 0) {
                        pointElsewhere(DATABASES.get(random.nextInt(DATABASES.size())));
                        ProxyConfig next = config;
                        lanes.forEach(each -> each.tasks.add(() -> each.apply(next)));
                    }
                }
            }
        }

        static boolean runNext(Queue<? extends Runnable> queue) {
            Runnable next = queue.poll();
            if (next != null) {
                next.run();
            }
            return next != null;
        }

        @Override
        public void hand(PoolShare share, FakeServer server, int to, boolean isAsked) {
            Lane lane = lanes.get(to);
            boolean dies = random.nextInt(10) == 0;
            lane.tasks.add(() -> {
                Slice slice = lane.slice(share.key());
                assertThat(slice.pool.share())
                        .as("the pool of a server that arrives")
                        .isSameAs(share);
                if (dies) {
                    slice.pool.onNoArrival(isAsked, true, time.nanos);
                } else {
                    server.pool = slice.pool;
                    slice.pool.arrive(server, isAsked, time.nanos);
                }
            });
        }

        @Override
        public void ask(PoolShare share, int donor, int lane) {
            lanes.get(donor).tasks.add(() -> {
                Slice slice = lanes.get(donor).find(share);
                if (slice == null || !slice.pool.donate(lane)) {
                    lanes.get(lane).tasks.add(() -> {
                        Slice asker = lanes.get(lane).find(share);
                        assertThat(asker)
                                .as("a slice that has asked is not freed")
                                .isNotNull();
                        Objects.requireNonNull(asker).pool.onNoArrival(true, false, time.nanos);
                    });
                }
            });
        }

        @Override
        public void wake(PoolShare share, int lane) {
            lanes.get(lane).tasks.add(() -> {
                Slice slice = lanes.get(lane).find(share);
                if (slice != null) {
                    slice.pool.onRoom(time.nanos);
                }
            });
        }

        @Override
        public void evict(PoolShare share, int lane) {
            lanes.get(lane).tasks.add(() -> {
                Slice slice = lanes.get(lane).find(share);
                if (slice != null) {
                    slice.pool.giveUp();
                }
            });
        }
    }

    /** As LanePools does it, but that no time has to pass before an unused slice is freed. */
    private static final class Lane {
        private final Run run;
        private final int number;
        private final Queue<Runnable> tasks = new ArrayDeque<>();
        private final Map<PoolKey, Slice> slices = new HashMap<>();
        private ProxyConfig config;
        private Orders orders = Orders.NONE;

        Lane(Run run, int number, ProxyConfig config) {
            this.run = run;
            this.number = number;
            this.config = config;
        }

        PoolKey key(String database) {
            return PoolKey.of(Objects.requireNonNull(config.database(database)), "user")
                    .of(orders.generation(database));
        }

        Slice slice(PoolKey key) {
            return slices.computeIfAbsent(key, made -> {
                Slice slice = new Slice(run, run.shares.enter(key, config, run.time.nanos), number);
                direct(key, slice);
                return slice;
            });
        }

        private boolean isCurrent(PoolKey key) {
            PoolKey current = key(key.database());
            return key.generation() == current.generation() && current.shared().equals(key.shared());
        }

        private void direct(PoolKey key, Slice slice) {
            if (!isCurrent(key)) {
                slice.pool.apply(true, run.time.nanos);
            }
            slice.pool.pause(orders.isPaused(key.database()), run.time.nanos);
        }

        void heed(Orders next) {
            orders = next;
            List.copyOf(slices.entrySet()).forEach(slice -> direct(slice.getKey(), slice.getValue()));
            moveClients();
        }

        @Nullable
        Slice find(PoolShare share) {
            Slice slice = slices.get(share.key());
            return slice == null || !slice.pool.share().equals(share) ? null : slice;
        }

        void apply(ProxyConfig next) {
            config = next;
            slices.forEach((key, slice) -> {
                run.shares.apply(slice.pool.share(), next);
                slice.pool.apply(!isCurrent(key), run.time.nanos);
            });
            moveClients();
        }

        private void moveClients() {
            List.copyOf(run.clients).stream()
                    .filter(client -> client.lane == this)
                    .forEach(Client::move);
            List.copyOf(run.openings).stream()
                    .filter(opening -> opening.slice.lane == number && opening.slice.pool.isWithoutServers())
                    .forEach(Opening::abandon);
        }

        void tick() {
            List.copyOf(slices.values()).forEach(slice -> {
                boolean isLeft = slice.clients == 0 && slice.pool.share().key().isOfOneClient();
                if (isLeft) {
                    slice.pool.apply(true, run.time.nanos);
                } else {
                    slice.pool.tick(run.time.nanos, true);
                }
                if (slice.clients == 0 && slice.pool.isEmpty()) {
                    slices.remove(slice.pool.share().key());
                    run.shares.leave(slice.pool.share());
                }
            });
        }

        void runAll() {
            for (int i = 0; i < 100 && Run.runNext(tasks); i++) {}
        }
    }

    private static final class Slice {
        private final Run run;
        private final int lane;
        private final Pool<FakeServer> pool;
        private int clients;

        Slice(Run run, PoolShare share, int lane) {
            this.run = run;
            this.lane = lane;
            this.pool = new Pool<>(share, lane, run, () -> run.openings.add(new Opening(this)));
        }
    }

    private static final class Opening implements Runnable {
        private final Slice slice;
        private boolean isOver;

        Opening(Slice slice) {
            this.slice = slice;
        }

        void abandon() {
            if (!isOver) {
                isOver = true;
                slice.pool.onOpenAbandoned();
            }
        }

        @Override
        public void run() {
            if (!isOver) {
                isOver = true;
                end(slice.run, slice.pool);
            }
        }

        private static void end(Run run, Pool<FakeServer> pool) {
            if (run.random.nextInt(6) == 0) {
                pool.onOpenFailed(ErrorFields.of("FATAL", "57P03", "starting"), false, run.time.nanos);
            } else {
                pool.onOpened(new FakeServer("server", pool, run.time), run.time.nanos);
            }
        }
    }

    private static final class Client implements Waiter<FakeServer> {
        private final Run run;
        private final Lane lane;
        private final String database;
        private final boolean isOwner;
        private Slice slice;
        private @Nullable FakeServer server;

        Client(Run run, Lane lane, String database) {
            this.run = run;
            this.lane = lane;
            this.database = database;
            this.isOwner = run.random.nextInt(4) == 0;
            PoolKey key = lane.key(database);
            this.slice = lane.slice(isOwner ? key.with(new OwnLogin(Replication.LOGICAL, Map.of())) : key);
            slice.clients++;
        }

        void seek() {
            FakeServer free = slice.pool.acquire("", run.time.nanos);
            if (free == null) {
                slice.pool.enqueue(this, run.time.nanos);
            } else {
                server = free;
            }
        }

        void move() {
            if (isOwner) {
                if (!lane.isCurrent(slice.pool.share().key())) {
                    leave();
                }
                return;
            }
            Slice next = lane.slice(lane.key(database));
            if (next == slice) {
                return;
            }
            slice.clients--;
            next.clients++;
            Slice before = slice;
            slice = next;
            if (server == null) {
                before.pool.leave(this);
                seek();
            }
        }

        /** Gives back what it has, if it has been served. */
        void finish() {
            if (server != null) {
                leave();
            }
        }

        void leave() {
            run.clients.remove(this);
            slice.clients--;
            FakeServer held = server;
            server = null;
            if (held == null) {
                slice.pool.leave(this);
            } else if (isOwner) {
                held.close("its client has left");
            } else {
                held.giveBack();
            }
        }

        @Override
        public void onServed(FakeServer free) {
            assertThat(free.pool.share()).as("pool of the server").isSameAs(slice.pool.share());
            assertThat(lane.orders.isPaused(database)).as("served while paused").isFalse();
            assertThat(slice.pool.share().taken())
                    .as("servers under the pool's size")
                    .isLessThanOrEqualTo(POOL_SIZE);
            server = free;
        }

        @Override
        public void onLongWait(ErrorFields notice) {}

        @Override
        public void onWaitFailed(ErrorFields error, boolean isFinal) {
            throw new AssertionError("nothing here ends a wait: " + error.message());
        }
    }
}
