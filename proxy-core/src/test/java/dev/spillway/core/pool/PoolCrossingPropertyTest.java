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

    @Test
    void aClientWhoseServerDiesOnItsWayIsSeenByTheOtherLanesAgain() {
        Run run = new Run(new Random(1), 2, limits(2), List.of(new Cap(2)));
        run.enqueue(0);
        run.settle();
        run.enqueue(1);
        run.opening.remove();
        run.slices.get(1).onOpenFailed(ErrorFields.of("FATAL", "57P03", "starting"), false, run.time.nanos);
        run.isDeadly = true;
        run.releaseAll(); // it goes to lane 1, and that opens none in the place of it: it pauses
        run.settle();
        run.isDeadly = false;
        run.enqueue(0);
        run.settle();
        assertThat(run.waiting).as("the client of lane 1").isOne();
        run.releaseAll();
        run.settle();
        assertThat(run.waiting).isZero();
    }

    private static PoolLimits limits(int size) {
        return Limits.of(size)
                .with(Settings.SERVER_LOGIN_RETRY, Duration.ofMillis(100))
                .build();
    }

    private static final class Run implements Crossing<FakeServer> {
        private final Random random;
        private final PoolShare share;
        private final int size;
        private final List<Cap> caps;
        final List<Pool<FakeServer>> slices = new ArrayList<>();
        final List<FakeServer> held = new ArrayList<>();
        private final Queue<Runnable> opening = new ArrayDeque<>();
        private final List<Queue<Runnable>> tasks = new ArrayList<>();
        private int waiting;
        private final List<FakeServer> open = new ArrayList<>();
        private int inTransit;
        private final VirtualTime time = new VirtualTime();

        /** Nothing fails, and no time passes unseen. */
        private boolean isCalm;

        /** What changes lanes dies under way. */
        private boolean isDeadly;

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
                slices.get(lane).onOpenFailed(ErrorFields.of("FATAL", "57P03", "starting"), false, time.nanos);
                return;
            }
            FakeServer server = new FakeServer("server", slices.get(lane), time);
            open.add(server);
            server.pool.onOpened(server, time.nanos);
        }

        void play() {
            for (int i = 0; i < EVENTS; i++) {
                event();
                check();
            }
            for (int i = 0; i < 10_000 && (waiting > 0 || !held.isEmpty()); i++) {
                time.nanos += 50_000_000;
                releaseAll();
                settle();
                slices.forEach(slice -> slice.tick(time.nanos, true));
                check();
            }
            assertThat(waiting).as("clients that nobody served").isZero();
        }

        private void event() {
            time.nanos += random.nextInt(1_000_000);
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
                    slices.get(lane).tick(time.nanos, true);
                }
            }
        }

        void enqueue(int lane) {
            FakeServer free = slices.get(lane).acquire("", time.nanos);
            if (free != null) {
                hold(free, lane);
                return;
            }
            waiting++;
            slices.get(lane)
                    .enqueue(
                            new Waiter<>() {
                                @Override
                                public void onServed(FakeServer server) {
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
                            time.nanos);
        }

        private void hold(FakeServer server, int lane) {
            assertThat(held).as("servers held").doesNotContain(server);
            assertThat(server.pool).as("slice of the server").isSameAs(slices.get(lane));
            assertThat(server.isClosed()).isFalse();
            held.add(server);
        }

        private void release(FakeServer server) {
            held.remove(server);
            server.giveBack();
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
            open.removeIf(FakeServer::isClosed);
            assertThat(open.size() + opening.size()).as("servers there are").isEqualTo(share.open());
            assertThat(slices.stream().mapToInt(Pool::open).sum() + inTransit).isEqualTo(open.size());
        }

        @Override
        public void hand(PoolShare of, FakeServer server, int lane, boolean isAsked) {
            inTransit++;
            boolean dies = isDeadly || (!isCalm && caps.isEmpty() && random.nextInt(10) == 0);
            tasks.get(lane).add(() -> {
                inTransit--;
                if (dies) {
                    open.remove(server);
                    slices.get(lane).onNoArrival(isAsked, true, time.nanos);
                } else {
                    server.pool = slices.get(lane);
                    slices.get(lane).arrive(server, isAsked, time.nanos);
                }
            });
        }

        @Override
        public void ask(PoolShare of, int donor, int lane) {
            tasks.get(donor).add(() -> {
                if (!slices.get(donor).donate(lane)) {
                    tasks.get(lane).add(() -> slices.get(lane).onNoArrival(true, false, time.nanos));
                }
            });
        }

        @Override
        public void wake(PoolShare of, int lane) {
            Run target = of.equals(share) ? this : peer;
            target.tasks.get(lane).add(() -> target.slices.get(lane).onRoom(time.nanos));
        }

        @Override
        public void evict(PoolShare of, int lane) {
            Run target = of.equals(share) ? this : peer;
            target.tasks.get(lane).add(() -> target.slices.get(lane).giveUp());
        }
    }
}
