package dev.spillway.core.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StatePolicy;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The end of a login, in session mode with a server for each client that logs in. */
class WelcomeProbeTest {
    private final FakePorts ports = new FakePorts();
    private final FakeWire clientWire = new FakeWire("client:1");
    private final ServerPool pool = new ServerPool(
            NoCrossing.pool("db/user", Limits.of(1).build(), () -> {}),
            new PoolPolicy(
                    PoolMode.SESSION,
                    StatePolicy.IGNORE,
                    "",
                    "select 1",
                    "",
                    true,
                    Duration.ZERO,
                    Preparing.of(200, 10_000, 1 << 20),
                    SlowRule.NONE));

    @Test
    void clientHoldsItsServerFromItsLogin() {
        logIn();
        openServer();
        assertThat(Words.BACKEND.tell(clientWire.take())).endsWith("Z");
        assertThat(pool.pool().idle()).isZero();
    }

    @Test
    void clientThatIsClosedAsItLogsInHoldsNoServer() {
        logIn();
        ports.isDatabaseGone = true;
        openServer();
        assertThat(new String(clientWire.take(), UTF_8)).contains("FATAL").doesNotContain("TimeZone");
        assertThat(clientWire.isClosed).isTrue();
        assertThat(pool.pool().idle()).as("idle servers").isOne();
        assertThat(pool.isLeft()).isTrue();
    }

    @Test
    void clientThatIsClosedAsItLogsInWaitsForNoServer() {
        pool.learnWelcome(Snapshot.NEUTRAL, Map.of());
        ports.isDatabaseGone = true;
        logIn();
        assertThat(pool.pool().waiting()).isZero();
    }

    private void logIn() {
        CancelKey key = new CancelKey(1, new byte[4]);
        ClientIdentity identity = new ClientIdentity("db", "user", key, Snapshot.NEUTRAL, null, "", 0);
        WelcomeProbe.receive(clientWire, ports, pool, identity, 0);
    }

    private void openServer() {
        ServerGreeting greeting =
                new ServerGreeting(new CancelKey(9, new byte[4]), Map.of("TimeZone", "UTC"), Snapshot.NEUTRAL, 0);
        ServerSession server = new ServerSession(new FakeWire("server:1"), ports, pool, greeting);
        pool.servers().add(server);
        pool.pool().onOpened(server, ports.nanos);
    }
}
