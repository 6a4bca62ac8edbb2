package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.Replication;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A pool and, beside it, clients that need a server of their own: how they share the places there are. */
class OwnServerTest {
    private final VirtualTime time = new VirtualTime();
    private final PoolShares shares = new PoolShares(1);
    private final List<Side> sides = new ArrayList<>();
    private final Queue<Runnable> wakeUps = new ArrayDeque<>();
    private ProxyConfig config = ProxyConfig.defaults()
            .with(CapacitySettings.MAX_SERVER_CONNECTIONS, 1000)
            .with(Settings.DEFAULT_POOL_SIZE, 1)
            .with(Settings.RESERVE_POOL_SIZE, 0)
            .with(DatabaseConfig.named("db"));

    @Test
    void itTakesAPlaceOfThePoolAndLeavesItToWhoWaits() {
        Side ordinary = ordinary();
        Side own = own();
        Client replica = own.come();
        Client client = ordinary.come();
        settle();
        assertThat(replica.server).isNotNull();
        assertThat(client.server).isNull();
        replica.leave();
        settle();
        assertThat(client.server).isNotNull();
    }

    @Test
    void aBusyPoolClosesAServerForWhoHasWaitedLonger() {
        Side ordinary = ordinary();
        Client holder = ordinary.come();
        settle();
        Client replica = own().come();
        time.nanos++;
        Client younger = ordinary.come();
        settle();

        holder.leave();
        settle();
        assertThat(replica.server).isNotNull();
        assertThat(younger.server).isNull();
        replica.leave();
        settle();
        assertThat(younger.server).isNotNull();
    }

    @Test
    void whoHasWaitedLongerThanItIsServedBeforeIt() {
        Side ordinary = ordinary();
        Client holder = ordinary.come();
        settle();
        Client older = ordinary.come();
        time.nanos++;
        Client replica = own().come();
        settle();

        holder.leave();
        settle();
        assertThat(older.server).isNotNull();
        assertThat(replica.server).isNull();
        older.leave();
        settle();
        assertThat(replica.server).isNotNull();
    }

    @Test
    void amongThemselvesTheyAreServedInTheirOrder() {
        Client holder = own().come();
        settle();
        Client first = own().come();
        time.nanos++;
        Client second = own().come();
        settle();
        holder.leave();
        settle();
        assertThat(first.server).isNotNull();
        assertThat(second.server).isNull();
    }

    @Test
    void noMoreServersAreClosedForItThanItNeeds() {
        set(Settings.DEFAULT_POOL_SIZE, 2);
        Side ordinary = ordinary();
        Client one = ordinary.come();
        Client two = ordinary.come();
        settle();
        FakeServer last = two.server;
        Client replica = own().come();
        settle();
        one.leave();
        two.leave();
        settle();
        assertThat(replica.server).isNotNull();
        assertThat(last).isNotNull().returns(false, FakeServer::isClosed);
    }

    @Test
    void oneThatLeavesTheQueueClaimsNothingAnyMore() {
        Client holder = ordinary().come();
        settle();
        FakeServer server = holder.server;
        Client replica = own().come();
        settle();
        replica.leave();
        holder.leave();
        settle();
        assertThat(server).isNotNull().returns(false, FakeServer::isClosed);
    }

    @Test
    void minPoolSizeKeepsNoServerThatItNeeds() {
        set(Settings.MIN_POOL_SIZE, 1);
        ordinary();
        settle();
        Client replica = own().come();
        settle();
        assertThat(replica.server).isNotNull();
    }

    @Test
    void itUsesTheReserveWhenItHasWaitedForLongEnough() {
        set(Settings.RESERVE_POOL_SIZE, 1);
        ordinary().come();
        settle();
        Client replica = own().come();
        settle();
        assertThat(replica.server).isNull();
        time.nanos += config.reservePoolTimeout().toNanos();
        settle();
        assertThat(replica.server).isNotNull();
    }

    private <T> void set(Setting<T> setting, T value) {
        config = config.with(setting, value);
    }

    private PoolKey key() {
        return PoolKey.of(DatabaseConfig.named("db"), "user");
    }

    private Side ordinary() {
        return new Side(key());
    }

    private Side own() {
        return new Side(key().with(new OwnLogin(Replication.PHYSICAL, Map.of())));
    }

    /** All that follows from what has been done, and the next few ticks. */
    private void settle() {
        for (int i = 0; i < 4; i++) {
            time.nanos += 100_000_000;
            sides.forEach(side -> side.pool.tick(time.nanos));
            while (!wakeUps.isEmpty()) {
                wakeUps.remove().run();
            }
        }
    }

    private final class Side implements Crossing<FakeServer> {
        private final Pool<FakeServer> pool;

        Side(PoolKey key) {
            pool = new Pool<>(shares.enter(key, config, time.nanos), 0, this, () -> wakeUps.add(this::open));
            sides.add(this);
        }

        private void open() {
            pool.onOpened(new FakeServer("server", pool, time), time.nanos);
        }

        Client come() {
            return new Client(pool);
        }

        @Override
        public void wake(PoolShare share, int lane) {
            sides.stream()
                    .filter(side -> side.pool.share().equals(share))
                    .forEach(side -> wakeUps.add(() -> side.pool.onRoom(time.nanos)));
        }

        @Override
        public void evict(PoolShare share, int lane) {
            sides.stream()
                    .filter(side -> side.pool.share().equals(share))
                    .forEach(side -> wakeUps.add(side.pool::giveUp));
        }

        @Override
        public void hand(PoolShare share, FakeServer server, int lane, boolean isAsked) {
            throw new AssertionError("there is one lane");
        }

        @Override
        public void ask(PoolShare share, int donor, int lane) {
            throw new AssertionError("there is one lane");
        }
    }

    private final class Client implements Waiter<FakeServer> {
        private final Pool<FakeServer> pool;
        private @Nullable FakeServer server;

        Client(Pool<FakeServer> pool) {
            this.pool = pool;
            server = pool.acquire("", time.nanos);
            if (server == null) {
                pool.enqueue(this, time.nanos);
            }
        }

        void leave() {
            FakeServer held = server;
            server = null;
            if (held == null) {
                pool.leave(this);
            } else if (pool.share().key().isOfOneClient()) {
                held.close("its client has left");
            } else {
                held.giveBack();
            }
        }

        @Override
        public void onServed(FakeServer free) {
            server = free;
        }

        @Override
        public void onWaitFailed(ErrorFields error, boolean isFinal) {
            throw new AssertionError(error.message());
        }

        @Override
        public void onLongWait(ErrorFields notice) {}
    }
}
