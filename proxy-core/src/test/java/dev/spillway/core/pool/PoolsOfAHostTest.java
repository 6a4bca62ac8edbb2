package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Pools that want more connections together than their PostgreSQL has: who gets them. */
class PoolsOfAHostTest {
    private final PoolScene scene = new PoolScene();

    private PoolScene.Side pool(String name, int weight) {
        DatabaseConfig database = DatabaseConfig.named(name).with(DatabaseSettings.POOL_WEIGHT, weight);
        scene.config = scene.config.with(database);
        return scene.side(PoolKey.of(database, "user"));
    }

    private static List<PoolScene.Client> come(PoolScene.Side pool, int clients) {
        List<PoolScene.Client> came = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            came.add(pool.come());
        }
        return came;
    }

    private PoolScene.Side idle(String name, int servers) {
        PoolScene.Side pool = pool(name, 1);
        List<PoolScene.Client> clients = come(pool, servers);
        scene.settle();
        clients.forEach(PoolScene.Client::leave);
        scene.settle();
        assertThat(pool.pool.idle()).isEqualTo(servers);
        return pool;
    }

    @Test
    void whatIsIdleInOneMovesToAnotherThatNeedsIt() {
        scene.set(CapacitySettings.MAX_SERVER_CONNECTIONS, 2);
        PoolScene.Side first = idle("first", 2);
        List<PoolScene.Client> clients = come(pool("second", 1), 2);
        scene.settle();
        assertThat(clients).allSatisfy(client -> assertThat(client.server).isNotNull());
        assertThat(first.pool.open()).isZero();
    }

    @Test
    void theMinimumOfAPoolIsKeptThoughAnotherNeedsIt() {
        scene.set(CapacitySettings.MAX_SERVER_CONNECTIONS, 3);
        scene.set(Settings.MIN_POOL_SIZE, 1);
        PoolScene.Side first = idle("first", 3);
        PoolScene.Side second = pool("second", 1);
        come(second, 3);
        scene.settle();
        assertThat(first.pool.open()).isOne();
        assertThat(second.pool.open()).isEqualTo(2);
    }

    @Test
    void thePoolWithoutAnyServerHasItsFirstThoughOthersKeepAllForLater() {
        scene.set(CapacitySettings.MAX_SERVER_CONNECTIONS, 2);
        scene.set(Settings.MIN_POOL_SIZE, 2);
        PoolScene.Side first = idle("first", 2);
        PoolScene.Side second = pool("second", 1);
        List<PoolScene.Client> clients = come(second, 2);
        scene.settle();
        assertThat(clients.getFirst().server).isNotNull();
        assertThat(second.pool.open()).isOne();
        assertThat(first.pool.open()).as("it keeps the other").isOne();
    }

    @Test
    void theMinimumOfAPoolIsTakenFromWhatIsIdleInAnother() {
        scene.set(CapacitySettings.MAX_SERVER_CONNECTIONS, 2);
        scene.set(Settings.MIN_POOL_SIZE, 1);
        PoolScene.Side first = idle("first", 2);
        PoolScene.Side second = pool("second", 1);
        scene.settle();
        assertThat(first.pool.open()).isOne();
        assertThat(second.pool.idle()).isOne();
    }

    @Test
    void whatIsBusyGoesToThePoolWhoseClientHasWaitedLongest() {
        scene.set(CapacitySettings.MAX_SERVER_CONNECTIONS, 1);
        PoolScene.Client holder = pool("first", 1).come();
        scene.settle();
        List<PoolScene.Side> pools =
                Stream.of("c", "a", "e", "b", "d").map(name -> pool(name, 1)).toList();
        List<PoolScene.Client> waiting = new ArrayList<>();
        for (PoolScene.Side pool : pools) {
            waiting.add(pool.come());
            scene.settle();
        }
        for (PoolScene.Client next : waiting) {
            holder.leave();
            scene.settle();
            assertThat(next.server).isNotNull();
            holder = next;
        }
    }

    @Test
    void whatIsBusyIsSharedByWeight() {
        scene.set(CapacitySettings.MAX_SERVER_CONNECTIONS, 4);
        PoolScene.Side light = pool("light", 1);
        List<PoolScene.Client> holders = come(light, 4);
        scene.settle();
        PoolScene.Side heavy = pool("heavy", 3);
        come(light, 10);
        come(heavy, 10);
        scene.settle();
        for (PoolScene.Client holder : holders) {
            holder.leave();
            scene.settle();
        }
        assertThat(light.pool.open()).isOne();
        assertThat(heavy.pool.open()).isEqualTo(3);
    }

    @Test
    void ofTwoWithIdleServersTheOneThatHasMostForItsWeightGivesOne() {
        scene.set(CapacitySettings.MAX_SERVER_CONNECTIONS, 5);
        PoolScene.Side light = idle("light", 2);
        PoolScene.Side heavy = pool("heavy", 3);
        List<PoolScene.Client> clients = come(heavy, 3);
        scene.settle();
        clients.forEach(PoolScene.Client::leave);
        pool("third", 1).come();
        scene.settle();
        assertThat(light.pool.open()).isOne();
        assertThat(heavy.pool.open()).isEqualTo(3);
    }

    @Test
    void theNextIsOpenedWhenTheProcessOfTheLastHasEnded() {
        scene.set(CapacitySettings.MAX_SERVER_CONNECTIONS, 1);
        PoolScene.Side first = idle("first", 1);
        PoolScene.Client client = pool("second", 1).come();
        scene.wakeUp();
        assertThat(first.pool.open()).isZero();
        assertThat(client.server).as("at once").isNull();
        scene.settle();
        assertThat(client.server).as("a moment later").isNotNull();
    }

    @Test
    void whatIsFullIsWhatPostgresqlNamed() {
        HostBudget budget = new HostBudget("db:5432", scene.config.capacity());
        HostCaps caps = new HostCaps(budget, new Cap(0), new Cap(0));
        assertThat(caps.of(Obstacle.ROLE_FULL)).isSameAs(caps.role());
        assertThat(caps.of(Obstacle.DATABASE_FULL)).isSameAs(caps.database());
        assertThat(caps.of(Obstacle.HOST_FULL)).isSameAs(budget.cap());
    }
}
