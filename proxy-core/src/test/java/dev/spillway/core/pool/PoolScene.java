package dev.spillway.core.pool;

import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Pools of one lane that share what there is, and clients that come and leave; each opening succeeds. */
final class PoolScene {
    final VirtualTime time = new VirtualTime();
    private final PoolShares shares = new PoolShares(1);
    private final List<Side> sides = new ArrayList<>();
    private final Queue<Runnable> wakeUps = new ArrayDeque<>();
    ProxyConfig config = ProxyConfig.defaults()
            .with(CapacitySettings.MAX_SERVER_CONNECTIONS, 1000)
            .with(Settings.RESERVE_POOL_SIZE, 0);

    /** For all that is made later. */
    <T> void set(Setting<T> setting, T value) {
        config = config.with(setting, value);
    }

    Side side(PoolKey key) {
        return new Side(key);
    }

    /** All that follows from what has been done, and the next few ticks. */
    void settle() {
        for (int i = 0; i < 4; i++) {
            time.nanos += 100_000_000;
            wakeUp();
            sides.forEach(side -> side.pool.tick(time.nanos, true));
            wakeUp();
        }
    }

    /** What follows without that time passes. */
    void wakeUp() {
        while (!wakeUps.isEmpty()) {
            wakeUps.remove().run();
        }
    }

    final class Side implements Crossing<FakeServer> {
        final Pool<FakeServer> pool;

        private Side(PoolKey key) {
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

    final class Client implements Waiter<FakeServer> {
        private final Pool<FakeServer> pool;

        @Nullable
        FakeServer server;

        private Client(Pool<FakeServer> pool) {
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
