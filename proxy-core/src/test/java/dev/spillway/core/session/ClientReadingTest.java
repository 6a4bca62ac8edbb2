package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StatePolicy;
import dev.spillway.core.stats.ClientReading;
import dev.spillway.core.stats.ConnectionFigures;
import dev.spillway.core.stats.ConnectionLook;
import dev.spillway.core.stats.LaneFigure;
import dev.spillway.core.stats.LaneView;
import dev.spillway.core.stats.ProxyFigures;
import dev.spillway.core.stats.WaitFigures;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A lane reads thousands of clients for those who look, and serves them in between. */
class ClientReadingTest {
    private static final ServerPool POOL = NoCrossing.pool(
            "db/user",
            PoolMode.TRANSACTION,
            StatePolicy.IGNORE,
            "",
            Limits.of(1).build(),
            () -> {});

    private final Map<CancelKey, ClientSession> clients = new LinkedHashMap<>();
    private final LaneView view = (LaneView) Proxy.newProxyInstance(
            LaneView.class.getClassLoader(),
            new Class<?>[] {LaneView.class},
            (self, asked, with) -> switch (asked.getName()) {
                case "clients" -> clients.keySet();
                case "client" -> clients.get((CancelKey) with[0]);
                default -> nothing(asked.getReturnType());
            });

    private static Object nothing(Class<?> type) {
        if (type == PoolCounters.class) {
            return new PoolCounters();
        }
        if (type == int.class) {
            return 0;
        }
        return type == Map.class ? Map.of() : type == Set.class ? Set.of() : type == Collection.class ? List.of() : 0L;
    }

    private void connect(int count) {
        for (int i = 1; i <= count; i++) {
            CancelKey key = new CancelKey(i, new byte[4]);
            ClientIdentity identity = new ClientIdentity("db", "user", key, Snapshot.NEUTRAL, null, "", 0);
            clients.put(key, new ClientSession(new FakeWire("client:" + i), new FakePorts(), POOL, identity, Map.of()));
        }
    }

    @Test
    void manyAreReadInParts() {
        connect(150);
        ClientReading<ProxyFigures> reading = new ClientReading<>(view, ProxyFigures.withClients());

        assertThat(reading.readMore(view)).isTrue();
        assertThat(reading.readMore(view)).isTrue();
        assertThat(reading.readMore(view)).isFalse();
        assertThat(reading.end(view).clients()).hasSize(150);
    }

    @Test
    void whoHasLeftTheLaneBeforeItsTurnIsNotTouched() {
        connect(75);
        ConnectionLook look = new ConnectionLook(true);
        ClientReading<List<ConnectionFigures>> reading = new ClientReading<>(view, look);
        assertThat(reading.readMore(view)).isTrue();
        assertThat(look.take()).hasSizeBetween(1, 74);

        clients.clear();
        assertThat(reading.readMore(view)).isFalse();
        assertThat(reading.end(view)).isEmpty();
    }

    @Test
    void lanesAndWaitsAreReadInPartsToo() {
        connect(75);
        ClientReading<LaneFigure> lane = new ClientReading<>(view, LaneFigure.look());
        ClientReading<List<WaitFigures>> waits = new ClientReading<>(view, WaitFigures.look());

        assertThat(lane.readMore(view)).isTrue();
        assertThat(lane.readMore(view)).isFalse();
        assertThat(lane.end(view).clients()).isEqualTo(75);
        assertThat(lane.end(view).waiting()).isZero();
        assertThat(waits.readMore(view)).isTrue();
        assertThat(waits.readMore(view)).isFalse();
        assertThat(waits.end(view)).isEmpty();
    }
}
