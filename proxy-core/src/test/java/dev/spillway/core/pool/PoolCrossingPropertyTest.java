package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Layer (d): slices of a pool on several lanes under random orders of events, where what one lane asks of another happens
 * whenever it happens: never above the limits, no server held twice, and every client is served in the end.
 */
class PoolCrossingPropertyTest {
    private static final int RUNS = 400;
    private static final int EVENTS = 400;

    @Test
    void everyClientIsServedWhicheverLaneItIsOn() {
        long first = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);
        for (long seed = first; seed < first + RUNS; seed++) {
            try {
                new Run(new Random(seed)).play();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("to repeat it: -Dspillway.test.seed=" + seed + "\n" + e.getMessage(), e);
            }
        }
    }

    @Test
    void nobodyWaitsForATickWhileAServerIsIdle() {
        long first = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);
        for (long seed = first; seed < first + RUNS; seed++) {
            Run run = new Run(new Random(seed));
            run.isCalm = true;
            for (int i = 0; i < EVENTS; i++) {
                run.event();
                if (i % 10 == 0) {
                    run.settle();
                    int idle = run.slices.stream().mapToInt(Pool::idle).sum();
                    assertThat(Math.min(idle, run.waiting))
                            .as("seed %d: %d servers idle, %d clients waiting", seed, idle, run.waiting)
                            .isZero();
                }
            }
        }
    }

    @Test
    void anIdleServerOfAnotherPoolMakesRoomUnderTheSameCap() {
        Cap cap = new Cap(1);
        Run run = new Run(new Random(1), 2, limits(5), List.of(cap));
        Run other = new Run(new Random(2), 2, limits(5), List.of(cap));
        run.peer = other;
        other.peer = run;
        run.enqueue(0);
        run.settle();
        run.releaseAll();
        other.enqueue(1);
        other.settle();
        run.settle();
        other.settle();
        assertThat(other.held).hasSize(1);
        assertThat(cap.used()).isEqualTo(1);
    }

    private static PoolLimits limits(int size) {
        return Limits.of(size)
                .with(Settings.SERVER_LOGIN_RETRY, Duration.ofMillis(100))
                .build();
    }

    private static final class Server implements PooledServer {
        private final Run run;
        int lane;
        boolean isClosed;

        Server(Run run, int lane) {
            this.run = run;
            this.lane = lane;
        }

        @Override
        public long openedAtNanos() {
            return 0;
        }

        @Override
        public long idleSinceNanos() {
            return 0;
        }

        @Override
        public @Nullable Object affinity() {
            return null;
        }

        @Override
        public void check() {
            throw new AssertionError("nothing is checked here");
        }

        @Override
        public void close(String reason) {
            isClosed = true;
            run.open--;
            run.slices.get(lane).onClosed(this, run.now);
        }
    }

    private static final class Run implements Crossing<Server> {
        private final Random random;
        private final PoolShare share;
        private final int size;
        private final List<Cap> caps;
        final List<Pool<Server>> slices = new ArrayList<>();
        final List<Server> held = new ArrayList<>();
        private final Queue<Runnable> opening = new ArrayDeque<>();
        private final List<Queue<Runnable>> tasks = new ArrayList<>();
        private int waiting;
        private int open;
        private int inTransit;
        private long now = 1;

        /** Nothing fails, and no time passes unseen. */
        private boolean isCalm;

        /** The other pool under the same cap. */
        private Run peer = this;

        Run(Random random) {
            this(random, 1 + random.nextInt(4), limits(1 + random.nextInt(4)), List.of());
        }

        Run(Random random, int lanes, PoolLimits limits, List<Cap> caps) {
            this.random = random;
            this.size = limits.size();
            this.caps = caps;
            this.share = new PoolShare(new PoolKey(DatabaseConfig.named("db"), "user"), lanes, limits, caps);
            for (int lane = 0; lane < lanes; lane++) {
                int number = lane;
                tasks.add(new ArrayDeque<>());
                slices.add(new Pool<>(share, lane, this, () -> opening.add(() -> opened(number))));
            }
        }

        private void opened(int lane) {
            if (!isCalm && caps.isEmpty() && random.nextInt(6) == 0) {
                slices.get(lane).onOpenFailed(ErrorFields.of("FATAL", "57P03", "starting"), false, now);
                return;
            }
            open++;
            slices.get(lane).onOpened(new Server(this, lane), now);
        }

        void play() {
            for (int i = 0; i < EVENTS; i++) {
                event();
                check();
            }
            for (int i = 0; i < 10_000 && (waiting > 0 || !held.isEmpty()); i++) {
                now += 50_000_000;
                releaseAll();
                settle();
                slices.forEach(slice -> slice.tick(now));
                check();
            }
            assertThat(waiting).as("clients that nobody served").isZero();
        }

        private void event() {
            now += random.nextInt(1_000_000);
            int lane = random.nextInt(slices.size());
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> enqueue(lane);
                case 3, 4 -> {
                    if (!held.isEmpty()) {
                        release(held.get(random.nextInt(held.size())));
                    }
                }
                case 5 -> runNext(tasks.get(lane));
                case 6 -> runNext(opening);
                default -> {
                    if (isCalm) {
                        return;
                    }
                    if (random.nextInt(10) == 0 && !held.isEmpty()) {
                        held.remove(random.nextInt(held.size())).close("died");
                    }
                    slices.get(lane).tick(now);
                }
            }
        }

        void enqueue(int lane) {
            Server free = slices.get(lane).acquire("", now);
            if (free != null) {
                hold(free, lane);
                return;
            }
            waiting++;
            slices.get(lane)
                    .enqueue(
                            new Waiter<>() {
                                @Override
                                public void onServed(Server server) {
                                    waiting--;
                                    hold(server, lane);
                                }

                                @Override
                                public void onWaitFailed(ErrorFields error, boolean isFinal) {
                                    throw new AssertionError("nothing here ends a wait: " + error.message());
                                }

                                @Override
                                public void onLongWait(ErrorFields notice) {
                                    throw new AssertionError("nobody is to be told of a wait");
                                }
                            },
                            now);
        }

        private void hold(Server server, int lane) {
            assertThat(held).as("servers held").doesNotContain(server);
            assertThat(server.lane).as("lane of the server").isEqualTo(lane);
            assertThat(server.isClosed).isFalse();
            held.add(server);
        }

        private void release(Server server) {
            held.remove(server);
            slices.get(server.lane).release(server, now);
        }

        void releaseAll() {
            List.copyOf(held).forEach(this::release);
        }

        void settle() {
            for (int i = 0; i < 1000; i++) {
                boolean isQuiet = !runNext(opening);
                for (Queue<Runnable> lane : tasks) {
                    isQuiet &= !runNext(lane);
                }
                if (isQuiet) {
                    return;
                }
            }
        }

        private static boolean runNext(Queue<Runnable> queue) {
            Runnable next = queue.poll();
            if (next != null) {
                next.run();
            }
            return next != null;
        }

        private void check() {
            assertThat(share.open()).as("servers by the pool's count").isLessThanOrEqualTo(size);
            assertThat(open + opening.size()).as("servers there are").isEqualTo(share.open());
            assertThat(slices.stream().mapToInt(Pool::open).sum() + inTransit).isEqualTo(open);
        }

        @Override
        public void hand(PoolShare of, Server server, int lane, boolean isAsked) {
            inTransit++;
            boolean dies = !isCalm && caps.isEmpty() && random.nextInt(10) == 0;
            tasks.get(lane).add(() -> {
                inTransit--;
                if (dies) {
                    open--;
                    slices.get(lane).onNoArrival(isAsked, true, now);
                } else {
                    server.lane = lane;
                    slices.get(lane).arrive(server, isAsked, now);
                }
            });
        }

        @Override
        public void ask(PoolShare of, int donor, int lane) {
            tasks.get(donor).add(() -> {
                if (!slices.get(donor).donate(lane)) {
                    tasks.get(lane).add(() -> slices.get(lane).onNoArrival(true, false, now));
                }
            });
        }

        @Override
        public void wake(PoolShare of, int lane) {
            Run target = of.equals(share) ? this : peer;
            target.tasks.get(lane).add(() -> target.slices.get(lane).onRoom(now));
        }

        @Override
        public void evict(PoolShare of, int lane) {
            Run target = of.equals(share) ? this : peer;
            target.tasks.get(lane).add(() -> target.slices.get(lane).giveUp());
        }
    }
}
