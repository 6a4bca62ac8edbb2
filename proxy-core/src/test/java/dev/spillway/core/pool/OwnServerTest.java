package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.core.protocol.startup.Replication;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A pool and, beside it, clients that need a server of their own: how they share the places there are. */
class OwnServerTest {
    private final PoolScene scene = new PoolScene();

    OwnServerTest() {
        set(Settings.DEFAULT_POOL_SIZE, 1);
        scene.config = scene.config.with(DatabaseConfig.named("db"));
    }

    @Test
    void itTakesAPlaceOfThePoolAndLeavesItToWhoWaits() {
        PoolScene.Side ordinary = ordinary();
        PoolScene.Side own = own();
        PoolScene.Client replica = own.come();
        PoolScene.Client client = ordinary.come();
        scene.settle();
        assertThat(replica.server).isNotNull();
        assertThat(client.server).isNull();
        replica.leave();
        scene.settle();
        assertThat(client.server).isNotNull();
    }

    @Test
    void aBusyPoolClosesAServerForWhoHasWaitedLonger() {
        PoolScene.Side ordinary = ordinary();
        PoolScene.Client holder = ordinary.come();
        scene.settle();
        PoolScene.Client replica = own().come();
        scene.time.nanos++;
        PoolScene.Client younger = ordinary.come();
        scene.settle();

        holder.leave();
        scene.settle();
        assertThat(replica.server).isNotNull();
        assertThat(younger.server).isNull();
        replica.leave();
        scene.settle();
        assertThat(younger.server).isNotNull();
    }

    @Test
    void whoHasWaitedLongerThanItIsServedBeforeIt() {
        PoolScene.Side ordinary = ordinary();
        PoolScene.Client holder = ordinary.come();
        scene.settle();
        PoolScene.Client older = ordinary.come();
        scene.time.nanos++;
        PoolScene.Client replica = own().come();
        scene.settle();

        holder.leave();
        scene.settle();
        assertThat(older.server).isNotNull();
        assertThat(replica.server).isNull();
        older.leave();
        scene.settle();
        assertThat(replica.server).isNotNull();
    }

    @Test
    void amongThemselvesTheyAreServedInTheirOrder() {
        PoolScene.Client holder = own().come();
        scene.settle();
        PoolScene.Client first = own().come();
        scene.time.nanos++;
        PoolScene.Client second = own().come();
        scene.settle();
        holder.leave();
        scene.settle();
        assertThat(first.server).isNotNull();
        assertThat(second.server).isNull();
    }

    @Test
    void noMoreServersAreClosedForItThanItNeeds() {
        set(Settings.DEFAULT_POOL_SIZE, 2);
        PoolScene.Side ordinary = ordinary();
        PoolScene.Client one = ordinary.come();
        PoolScene.Client two = ordinary.come();
        scene.settle();
        FakeServer last = two.server;
        PoolScene.Client replica = own().come();
        scene.settle();
        one.leave();
        two.leave();
        scene.settle();
        assertThat(replica.server).isNotNull();
        assertThat(last).isNotNull().returns(false, FakeServer::isClosed);
    }

    @Test
    void oneThatLeavesTheQueueClaimsNothingAnyMore() {
        PoolScene.Client holder = ordinary().come();
        scene.settle();
        FakeServer server = holder.server;
        PoolScene.Client replica = own().come();
        scene.settle();
        replica.leave();
        holder.leave();
        scene.settle();
        assertThat(server).isNotNull().returns(false, FakeServer::isClosed);
    }

    @Test
    void minPoolSizeKeepsNoServerThatItNeeds() {
        set(Settings.MIN_POOL_SIZE, 1);
        ordinary();
        scene.settle();
        PoolScene.Client replica = own().come();
        scene.settle();
        assertThat(replica.server).isNotNull();
    }

    @Test
    void itUsesTheReserveWhenItHasWaitedForLongEnough() {
        set(Settings.RESERVE_POOL_SIZE, 1);
        ordinary().come();
        scene.settle();
        PoolScene.Client replica = own().come();
        scene.settle();
        assertThat(replica.server).isNull();
        scene.time.nanos += scene.config.reservePoolTimeout().toNanos();
        scene.settle();
        assertThat(replica.server).isNotNull();
    }

    private <T> void set(Setting<T> setting, T value) {
        scene.set(setting, value);
    }

    private PoolKey key() {
        return PoolKey.of(DatabaseConfig.named("db"), "user");
    }

    private PoolScene.Side ordinary() {
        return scene.side(key());
    }

    private PoolScene.Side own() {
        return scene.side(key().with(new OwnLogin(Replication.PHYSICAL, Map.of())));
    }
}
