package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.Settings;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Layer (d): random orders of events against a model of what a pool promises; the seed is in the failure's text. */
class PoolPropertyTest {
    private static final int RUNS = Boolean.getBoolean("spillway.test.thorough") ? 20_000 : 1_000;
    private static final int EVENTS = 300;
    private static final int MAX_OPENING = 10;

    @Test
    void everyPromiseIsKeptInAnyOrderOfEvents() {
        Long one = Long.getLong("spillway.test.seed");
        long first = one == null ? System.nanoTime() & 0xffffff : one;
        for (long seed = first; seed < first + (one == null ? RUNS : 1); seed++) {
            try {
                new Run(new Random(seed)).run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("to repeat it: -Dspillway.test.seed=" + seed + "\n" + e.getMessage(), e);
            }
        }
    }

    private static final class Run {
        private final Random random;
        private final VirtualTime time = new VirtualTime();
        private final PoolLimits limits;
        private final Pool<FakeServer> pool;
        private final List<Client> queue = new ArrayList<>();
        private final List<FakeServer> alive = new ArrayList<>();
        private final List<FakeServer> held = new ArrayList<>();
        private int opening;
        private int clients;
        private int servers;
        private boolean mayFailAll;
        private boolean mayTimeOut;

        Run(Random random) {
            this.random = random;
            limits = Limits.of(1 + random.nextInt(random.nextInt(4) == 0 ? 30 : 5))
                    .with(Settings.RESERVE_POOL_SIZE, random.nextInt(4))
                    .with(Settings.RESERVE_POOL_TIMEOUT, Duration.ofMillis(random.nextInt(3) * 500L))
                    .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofMillis(random.nextInt(3) * 1000L))
                    .with(Settings.SERVER_IDLE_TIMEOUT, Duration.ofMillis(random.nextInt(3) * 1500L))
                    .with(Settings.SERVER_LIFETIME, Duration.ofMillis(random.nextInt(3) * 3000L))
                    .with(Settings.SERVER_LOGIN_RETRY, Duration.ofMillis(random.nextInt(3) * 400L))
                    .with(Settings.SERVER_CHECK_DELAY, Duration.ofMillis(random.nextInt(3) * 300L))
                    .build();
            pool = NoCrossing.pool("db/user", limits, this::onOpen);
        }

        private void onOpen() {
            opening++;
            boolean isLong = limits.reserveTimeout().isPositive()
                    && !queue.isEmpty()
                    && time.nanos - queue.getFirst().since
                            > limits.reserveTimeout().toNanos();
            int most = isLong ? limits.size() + limits.reserve() : limits.size();
            int open = (int) alive.stream().filter(server -> !server.isClosed()).count();
            assertThat(open + opening).as("servers, with those being opened").isLessThanOrEqualTo(most);
            assertThat(opening).as("opening at once").isLessThanOrEqualTo(MAX_OPENING);
        }

        void run() {
            for (int i = 0; i < EVENTS; i++) {
                event();
                check();
            }
            drain();
        }

        private void event() {
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> arrive();
                case 3 -> leave();
                case 4, 5 -> release();
                case 6 -> opened();
                case 7 -> openFailed(random.nextInt(5) == 0);
                case 8 -> closeOne();
                case 9 -> answer();
                default -> passTime(Duration.ofMillis(random.nextInt(400)));
            }
        }

        private void arrive() {
            FakeServer free = pool.acquire("state" + random.nextInt(3), time.nanos);
            if (free != null) {
                hold(free);
                return;
            }
            Client client = new Client(clients++, time.nanos);
            queue.add(client);
            pool.enqueue(client, time.nanos);
        }

        private void hold(FakeServer server) {
            assertThat(alive).contains(server);
            assertThat(held).as("servers in use").doesNotContain(server);
            held.add(server);
        }

        private void leave() {
            if (!queue.isEmpty()) {
                Client client = queue.remove(random.nextInt(queue.size()));
                client.end();
                pool.leave(client);
            }
        }

        private void release() {
            if (!held.isEmpty()) {
                FakeServer server = held.remove(random.nextInt(held.size()));
                server.affinity = random.nextInt(4) == 0 ? null : "state" + random.nextInt(3);
                server.giveBack();
                forgetClosed();
            }
        }

        /** A server that was asked whether it is still there says so. */
        private void answer() {
            alive.stream().filter(FakeServer::isChecked).findAny().ifPresent(FakeServer::giveBack);
            forgetClosed();
        }

        private void opened() {
            if (opening > 0) {
                opening--;
                FakeServer server = new FakeServer("s" + servers++, pool, time);
                alive.add(server);
                pool.onOpened(server, time.nanos);
            }
        }

        private void openFailed(boolean isFinal) {
            if (opening > 0) {
                opening--;
                mayFailAll = isFinal;
                pool.onOpenFailed(ErrorFields.of("FATAL", "57P03", "down"), isFinal, time.nanos);
                mayFailAll = false;
                assertThat(isFinal && !queue.isEmpty())
                        .as("waiters left after a final error")
                        .isFalse();
            }
        }

        private void closeOne() {
            if (!alive.isEmpty()) {
                FakeServer server = alive.remove(random.nextInt(alive.size()));
                held.remove(server);
                server.close("lost");
            }
        }

        private void passTime(Duration duration) {
            time.pass(duration);
            mayTimeOut = true;
            pool.tick(time.nanos, true);
            mayTimeOut = false;
            forgetClosed();
            long wait = limits.waitTimeout().toNanos();
            assertThat(queue).allMatch(client -> wait == 0 || time.nanos - client.since <= wait);
            long idle = limits.idleTimeout().toNanos();
            assertThat(alive)
                    .filteredOn(server -> !held.contains(server) && !server.isChecked())
                    .allMatch(server -> idle == 0 || time.nanos - server.idleSince <= idle)
                    .allMatch(server -> time.nanos - server.openedAtNanos()
                            <= limits.lifetime().toNanos());
        }

        private void forgetClosed() {
            assertThat(held).as("servers in use").noneMatch(FakeServer::isClosed);
            alive.removeIf(FakeServer::isClosed);
        }

        private void check() {
            assertThat(pool.open()).as("open").isEqualTo(alive.size());
            assertThat(pool.opening()).as("opening").isEqualTo(opening);
            long checked = alive.stream().filter(FakeServer::isChecked).count();
            assertThat(pool.idle() + checked).as("idle").isEqualTo(alive.size() - held.size());
            assertThat(pool.waiting()).as("waiting").isEqualTo(queue.size());
            assertThat(pool.idle() > 0 && pool.waiting() > 0)
                    .as("idle servers while clients wait")
                    .isFalse();
            long oldest = queue.isEmpty() ? 0 : time.nanos - queue.getFirst().since;
            assertThat(pool.oldestWaitNanos(time.nanos)).as("oldest wait").isEqualTo(oldest);
        }

        /** With PostgreSQL up and clients that finish, nobody waits for ever. */
        private void drain() {
            for (int i = 0; i < 10_000 && !queue.isEmpty(); i++) {
                opened();
                answer();
                release();
                passTime(Duration.ofMillis(20));
                check();
            }
            assertThat(queue).as("clients that still wait").isEmpty();
        }

        /** A client that waits; ends once, by one of the three ways. */
        private final class Client implements Waiter<FakeServer> {
            private final int number;
            private final long since;
            private boolean isOver;

            Client(int number, long since) {
                this.number = number;
                this.since = since;
            }

            private void end() {
                assertThat(isOver).as("%s has ended before", this).isFalse();
                isOver = true;
            }

            private void leaveHead() {
                assertThat(queue.getFirst()).as("the oldest").isSameAs(this);
                queue.removeFirst();
                end();
            }

            @Override
            public void onServed(FakeServer server) {
                leaveHead();
                hold(server);
            }

            @Override
            public void onWaitFailed(ErrorFields error, boolean isFinal) {
                leaveHead();
                assertThat(isFinal ? mayFailAll : mayTimeOut)
                        .as("may fail, final: %s", isFinal)
                        .isTrue();
                if (!isFinal) {
                    assertThat(time.nanos - since)
                            .isGreaterThan(limits.waitTimeout().toNanos());
                    assertThat(limits.waitTimeout()).isPositive();
                }
            }

            @Override
            public void onLongWait(ErrorFields notice) {
                throw new AssertionError("nobody is to be told of a wait");
            }

            @Override
            public String toString() {
                return "client " + number;
            }
        }
    }
}
