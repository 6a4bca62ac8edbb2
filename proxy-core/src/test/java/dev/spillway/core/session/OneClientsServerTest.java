package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.pool.OwnLogin;
import dev.spillway.core.pool.PoolKey;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.startup.Replication;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StatePolicy;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The server of a replication client goes with it: nothing is brought back to a state for others, for there are none. */
class OneClientsServerTest {
    private final FakePorts ports = new FakePorts();
    private final FakeWire clientWire = new FakeWire("client:1");
    private final FakeWire serverWire = new FakeWire("server:1");
    private final OwnLogin own = new OwnLogin(Replication.LOGICAL, Map.of());
    private final ServerPool pool = new ServerPool(
            NoCrossing.pool(
                    new PoolKey(DatabaseConfig.named("db"), "user", own),
                    Limits.of(1).build(),
                    () -> {}),
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

    @Test
    void idleOneIsClosedWhenItsClientLeaves() {
        logIn();
        client().onClosed();
        assertClosedAfter("X");
        assertThat(ports.cancels).isEmpty();
    }

    @Test
    void busyOneIsCancelledAndClosedWhenItsClientLeaves() {
        logIn();
        client().onRead(Unpooled.wrappedBuffer(Words.FRONTEND.bytes("Q")));
        client().onClosed();
        assertClosedAfter("Q X");
        assertThat(ports.cancels).hasSize(1);
    }

    private void assertClosedAfter(String messages) {
        assertThat(Words.FRONTEND.tell(serverWire.take())).isEqualTo(messages);
        assertThat(serverWire.isClosed).as("closed").isTrue();
        assertThat(pool.pool().open()).as("servers that count").isZero();
    }

    private Phase client() {
        return Objects.requireNonNull(clientWire.phase);
    }

    private void logIn() {
        CancelKey key = new CancelKey(1, new byte[4]);
        ClientIdentity identity = new ClientIdentity("db", "user", key, Snapshot.NEUTRAL, own, "", 0);
        WelcomeProbe.receive(clientWire, ports, pool, identity, 0);
        ServerGreeting greeting =
                new ServerGreeting(new CancelKey(9, new byte[4]), Map.of("TimeZone", "UTC"), Snapshot.NEUTRAL, 0);
        ServerSession server = new ServerSession(serverWire, ports, pool, greeting);
        pool.servers().add(server);
        pool.pool().onOpened(server, ports.nanos);
    }
}
