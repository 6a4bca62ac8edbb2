package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.DatabaseConfig;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Layer (c): two pools with waiting clients, under a limit of four connections: two are for each. */
class HostClaimsTest {
    private static final long MILLI = Duration.ofMillis(1).toNanos();

    private final Cap host = new Cap(4);
    private final HostClaims claims = host.claims();
    private final PoolShare rich = pool("rich");
    private final PoolShare poor = pool("poor");

    private PoolShare pool(String database) {
        PoolShare pool = PoolShare.single(
                new PoolKey(DatabaseConfig.named(database), "app"),
                Limits.of(20).build());
        host.join(pool);
        pool.publishWaiting(0, 0);
        return pool;
    }

    private void open(PoolShare pool, int servers) {
        for (int i = 0; i < servers; i++) {
            assertThat(pool.tryOpen(20, 0) && host.tryTake(4)).isTrue();
        }
    }

    @Test
    void whoHasItsShareTakesNoMoreWhereAnotherLacksItsOwn() {
        open(rich, 2);
        open(poor, 1);
        claims.claim(poor, 0);
        assertThat(claims.isRoomClaimed(rich, 0)).isTrue();
        assertThat(claims.isRoomClaimed(poor, 0)).as("its own claim").isFalse();
        assertThat(claims.isServerClaimed(rich, 0)).as("there is room").isFalse();
    }

    @Test
    void whoHasMoreThanItsShareGivesOneWhereThereIsNoRoom() {
        open(rich, 3);
        open(poor, 1);
        assertThat(claims.isServerClaimed(rich, 0)).as("nobody has asked").isFalse();
        claims.claim(poor, 0);
        assertThat(claims.isServerClaimed(rich, 0)).isTrue();
        claims.withdraw(poor);
        assertThat(claims.isServerClaimed(rich, 0)).isFalse();
    }

    @Test
    void aClaimThatIsNotRenewedIsVoid() {
        open(rich, 3);
        open(poor, 1);
        claims.claim(poor, 0);
        assertThat(claims.isServerClaimed(rich, 300 * MILLI)).isTrue();
        assertThat(claims.isServerClaimed(rich, 301 * MILLI)).isFalse();
        assertThat(claims.waits()).isOne();
        claims.claim(poor, 301 * MILLI);
        claims.claim(poor, 302 * MILLI);
        assertThat(claims.waits()).as("it waits a second time").isEqualTo(2);
    }

    @Test
    void whoWaitsForNobodyAnyMoreClaimsNothing() {
        open(rich, 3);
        open(poor, 1);
        claims.claim(poor, 0);
        poor.publishWaiting(0, PoolShare.NOBODY);
        assertThat(claims.isServerClaimed(rich, 0)).isFalse();
    }
}
