package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layer (c): clients that wait on two lanes of one pool, of whom four may. */
class LongWaitsTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final PoolLimits limits = Limits.of(2)
            .with(CapacitySettings.MAX_WAITING, 4)
            .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofSeconds(10))
            .with(Settings.QUERY_WAIT_NOTIFY, Duration.ofSeconds(5))
            .build();
    private final PoolShare share =
            new PoolShare(new PoolKey(DatabaseConfig.named("db"), "user"), 2, limits, List.of());
    private final List<WaitQueue<FakeServer>> lanes = List.of(new WaitQueue<>(share, 0), new WaitQueue<>(share, 1));
    private final List<String> told = new ArrayList<>();

    private Named come(int lane, String name, long sinceNanos) {
        Named client = new Named(lanes.get(lane), name);
        lanes.get(lane).add(client, sinceNanos);
        return client;
    }

    private LongWaits<FakeServer> on(int lane, long nowNanos) {
        return new LongWaits<>(share, limits, lanes.get(lane), false, nowNanos);
    }

    @Test
    void whoIsOneTooManyIsCountedOverAllLanes() {
        for (int i = 1; i <= 3; i++) {
            come(0, "a" + i, i);
            come(1, "b" + i, i);
        }
        on(0, SECOND).endSurplus();
        assertThat(told).containsExactly("a3 fails", "a2 fails");
        on(1, SECOND).endSurplus();
        assertThat(told).as("four wait").hasSize(2);
        assertThat(share.waiting()).isEqualTo(4);
    }

    @Test
    void aLaneWhereNobodyWaitsHasNoneToEndThoughAnotherHasTooMany() {
        for (int i = 1; i <= 5; i++) {
            come(1, "b" + i, i);
        }
        on(0, SECOND).endSurplus();
        assertThat(told).isEmpty();
        on(1, SECOND).endSurplus();
        assertThat(told).containsExactly("b5 fails");
    }

    @Test
    void aLaneEndsWaitsOfItsOwnClientsOnly() {
        come(0, "a", 0);
        come(1, "b", 0);
        on(0, 11 * SECOND).end(null);
        assertThat(told).containsExactly("a fails");
        assertThat(share.waiting()).isOne();
        assertThat(lanes.get(1).oldestSince()).isZero();
    }

    @Test
    void whoLeavesWhenAnotherHearsOfItsEndHearsNothing() {
        Named first = come(0, "a", 0);
        first.companion = come(0, "b", 0);
        on(0, 11 * SECOND).end(null);
        assertThat(told).containsExactly("a fails");
        assertThat(share.waiting()).isZero();
    }

    @Test
    void whyTheLastServerCouldNotBeOpenedIsSaid() {
        Named client = come(0, "a", 0);
        on(0, 11 * SECOND).end(ErrorFields.of("FATAL", "57P03", "it sleeps"));
        assertThat(client.heard).contains("0 in use of 2").endsWith("it sleeps");
    }

    @ParameterizedTest
    @CsvSource({"1, 0, max_db_connections)", "0, 1, max_user_connections)"})
    void whichLimitOfOthersTooIsUsedUpIsSaid(int ofDatabase, int ofUser, String end) {
        List<Cap> caps = List.of(new Cap(ofDatabase), new Cap(ofUser));
        PoolShare other = new PoolShare(new PoolKey(DatabaseConfig.named("db"), "other"), 2, limits, caps);
        assertThat(other.tryOpen(2, 0)).isTrue();
        PoolShare full = new PoolShare(new PoolKey(DatabaseConfig.named("db"), "user"), 2, limits, caps);
        WaitQueue<FakeServer> queue = new WaitQueue<>(full, 0);
        Named client = new Named(queue, "a");
        queue.add(client, 0);
        new LongWaits<>(full, limits, queue, false, 11 * SECOND).end(null);
        assertThat(client.heard).contains("0 in use of 2").endsWith(end);
    }

    @Test
    void whoHasWaitedForLongIsToldOnItsLane() {
        come(0, "a", 0);
        come(0, "late", 4 * SECOND);
        come(1, "b", 0);
        on(0, 6 * SECOND).tell();
        assertThat(told).containsExactly("a waits");
    }

    private final class Named implements Waiter<FakeServer> {
        private final WaitQueue<FakeServer> queue;
        private final String name;

        @Nullable
        Waiter<FakeServer> companion;

        private String heard = "";

        Named(WaitQueue<FakeServer> queue, String name) {
            this.queue = queue;
            this.name = name;
        }

        @Override
        public void onServed(FakeServer server) {
            throw new AssertionError("there is no server");
        }

        @Override
        public void onWaitFailed(ErrorFields error, boolean isFinal) {
            heard = error.message();
            told.add(name + " fails");
            Waiter<FakeServer> other = companion;
            if (other != null) {
                queue.remove(other);
            }
        }

        @Override
        public void onLongWait(ErrorFields notice) {
            told.add(name + " waits");
        }
    }
}
