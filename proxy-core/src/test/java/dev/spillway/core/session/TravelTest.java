package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StatePolicy;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Clients that go from one lane to another. */
class TravelTest {
    private final FakePorts here = new FakePorts();
    private final FakePorts there = new FakePorts();
    private final FakeWire wire = new FakeWire("client:1");
    private final ServerPool pool = new ServerPool(
            NoCrossing.pool("db/user", Limits.of(1).build(), () -> {}),
            new PoolPolicy(
                    PoolMode.TRANSACTION,
                    StatePolicy.IGNORE,
                    "",
                    "select 1",
                    "",
                    false,
                    Duration.ZERO,
                    Preparing.of(200, 10_000, 1 << 20),
                    SlowRule.NONE));
    private final ClientIdentity identity =
            new ClientIdentity("db", "user", new CancelKey(1, new byte[4]), Snapshot.NEUTRAL, null, "", 0);
    private final ClientSession client = new ClientSession(wire, here, pool, identity, Map.of());

    @Test
    void whoIsEndedWhereItArrivesIsTheNewLanesToTell() {
        pool.entered();
        assertThat(client.depart()).isTrue();
        assertThat(pool.isLeft()).isTrue();
        client.arrive(there);
        client.close(ProxyError.DATABASE_KILLED.fields("db"));
        assertThat(here.log.lines()).as("another loop's").isEmpty();
        assertThat(there.log.lines()).singleElement().asString().contains("57P01");
        assertThat(wire.isClosed).isTrue();
        wire.take();
    }
}
