package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.TlsSettings;
import dev.spillway.core.config.Transport;
import dev.spillway.core.session.Ending;
import dev.spillway.server.lane.Lanes;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.ChaosPlan;
import dev.spillway.testkit.ChaosRelay;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.IsolationOracle;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.OracleFeature;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestCertificates;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients are sent from lane to lane all the time, whatever they are doing; in production that happens when the load changes. */
class ClientsChangeLanesIT {
    private static final boolean IS_THOROUGH = Boolean.getBoolean("spillway.test.thorough");
    private static final int LANES = 4;

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    /** Shifts clients at random until it is closed. */
    private final class Unrest implements AutoCloseable {
        private final Lanes lanes;
        private volatile boolean isOver;
        private final CompletableFuture<Void> done;

        Unrest(RunningProxy proxy) {
            this.lanes = proxy.proxy().lanes();
            this.done = CompletableFuture.runAsync(this::run);
        }

        private void run() {
            Random random = new Random(seed);
            try {
                while (!isOver) {
                    lanes.shift(random.nextInt(LANES), random.nextInt(LANES), 1 + random.nextInt(5));
                    LockSupport.parkNanos(random.nextInt(1_000_000));
                }
            } catch (RejectedExecutionException e) {
                // the proxy has ended
            }
        }

        @Override
        public void close() {
            isOver = true;
            done.join();
        }
    }

    private static ProxyConfig config(int port, int poolSize) {
        return RunningProxy.config(port, PoolMode.TRANSACTION, poolSize).with(Settings.LANES, LANES);
    }

    @ParameterizedTest
    @CsvSource({"1, AUTO", "3, AUTO", "20, AUTO", "3, EPOLL", "3, NIO"})
    void noReplyIsLost(int poolSize, Transport transport) throws Exception {
        ProxyConfig config = config(direct.port(), poolSize).with(Settings.TRANSPORT, transport);
        try (RunningProxy proxy = new RunningProxy(config);
                ChaosRelay relay =
                        ChaosRelay.before(direct.withPort(proxy.proxy().port()), ChaosPlan.splitting(seed))) {
            try (Unrest _ = new Unrest(proxy)) {
                IsolationOracle.run(IsolationOracle.Settings.of(direct.withPort(relay.port()), direct, seed)
                                .clients(12, IS_THOROUGH ? 2000 : 40)
                                .diagnosis(proxy::state))
                        .assertIsolated();
            }
            assertThat(proxy.proxy().lanes().departures()).isGreaterThan(50);
            assertAtRest(proxy);
        }
    }

    @ParameterizedTest
    @CsvSource({"3, AUTO, default", "3, EPOLL, default", "2, NIO, default", "3, AUTO, TLS_AES_128_GCM_SHA256"})
    void noReplyIsLostUnderTls(int poolSize, Transport transport, String ciphers) throws Exception {
        Endpoint postgres = PostgresFixture.withTls().endpoint();
        boolean isNative = ciphers.equals("default"); // else by the JDK
        ProxyConfig config = TlsConfigs.forClients(
                        TlsConfigs.toServer(postgres, "127.0.0.1", SslMode.VERIFY_CA), SslMode.REQUIRE)
                .with(Settings.DEFAULT_POOL_SIZE, poolSize)
                .with(Settings.LANES, LANES)
                .with(Settings.TRANSPORT, transport)
                .with(TlsSettings.CLIENT_TLS13_CIPHERS, isNative ? null : ciphers)
                .with(TlsSettings.SERVER_TLS13_CIPHERS, isNative ? null : ciphers);
        try (RunningProxy proxy = new RunningProxy(config);
                ChaosRelay relay =
                        ChaosRelay.before(postgres.withPort(proxy.proxy().port()), ChaosPlan.splitting(seed))) {
            Endpoint target = postgres.withPort(relay.port()).withTls(TestCertificates.client());
            try (Unrest _ = new Unrest(proxy)) {
                IsolationOracle.run(IsolationOracle.Settings.of(target, postgres, seed)
                                .clients(12, IS_THOROUGH ? 1000 : 25)
                                .diagnosis(() -> proxy.state(PostgresFixture.withTls(), target)))
                        .assertIsolated();
            }
            assertThat(proxy.proxy().lanes().departures()).isGreaterThan(50);
            Endpoint through = new Endpoint("127.0.0.1", proxy.proxy().port(), "bench", "bench", target.tls());
            assertAtRest(proxy, through);
        }
    }

    @Test
    void clientsThatAreCutOffUnderWayCostNobodyElse() throws Exception {
        Set<OracleFeature> features =
                EnumSet.complementOf(EnumSet.of(OracleFeature.CANCEL)); // one that is cut never arrives
        try (RunningProxy proxy = new RunningProxy(config(direct.port(), 3));
                ChaosRelay relay = ChaosRelay.before(
                        direct.withPort(proxy.proxy().port()),
                        ChaosPlan.splitting(seed).cutting(5))) {
            try (Unrest _ = new Unrest(proxy)) {
                IsolationOracle.run(IsolationOracle.Settings.of(direct.withPort(relay.port()), direct, seed)
                                .clients(12, IS_THOROUGH ? 5000 : 40)
                                .limit(Duration.ofSeconds(IS_THOROUGH ? 120 : 10))
                                .features(features)
                                .diagnosis(proxy::state)
                                .losses(relay::cuts))
                        .assertIsolated();
            }
            assertThat(relay.cuts()).isPositive();
            assertAtRest(proxy);
        }
    }

    private void assertAtRest(RunningProxy proxy) {
        assertAtRest(proxy, direct.withPort(proxy.proxy().port()));
    }

    private void assertAtRest(RunningProxy proxy, Endpoint through) {
        await().untilAsserted(() -> {
            assertThat(proxy.proxy().lanes().isTravelling()).isFalse();
            assertThat(proxy.servers(through, "active")).as("seed %d", seed).isZero();
        });
        assertThat(proxy.log().defects()).as("seed %d", seed).isEmpty();
    }

    @Test
    void aClientThatWaitsKeepsItsTurnAndItsStatement() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(direct.port(), 1))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient holder = WireClient.connect(through);
                    WireClient waiter = WireClient.connect(through)) {
                holder.query("begin");
                waiter.send(Messages.query("select 'served'"));
                await().untilAsserted(() -> assertThat(waiting(through)).isEqualTo("1"));
                for (int from = 0; from < LANES; from++) {
                    proxy.proxy().lanes().shift(from, (from + 1) % LANES, 10);
                }
                await().untilAsserted(() -> {
                    assertThat(proxy.proxy().lanes().departures()).isPositive();
                    assertThat(waiting(through)).isEqualTo("1");
                });

                holder.query("commit");

                assertThat(waiter.readUntilReady().get(1).columns()).containsExactly("served");
            }
        }
    }

    private static String waiting(Endpoint through) throws IOException {
        try (WireClient console = WireClient.connect(through.withDatabase("spillway"))) {
            return console.query("show pools").get(1).columns().get(3);
        }
    }

    @Test
    void whoKeepsItsServerIsSentToOneOfAllLanesAtOnce() throws Exception {
        boolean hasManyLanes = Runtime.getRuntime().availableProcessors() > 1;
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.SESSION, 4))) {
            // Connections may come to the lanes in the very order in which sessions go to them, while starting is much
            // work.
            await().untilAsserted(() -> {
                try (WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
                    assertThat(client.queryOne("select 1")).isEqualTo("1");
                }
                assertThat(proxy.proxy().lanes().departures() > 0).isEqualTo(hasManyLanes);
            });
        }
    }

    @Test
    void allAreToldOfTheEnd() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(direct.port(), 3))) {
            List<WireClient> clients = new ArrayList<>();
            try (Unrest _ = new Unrest(proxy)) {
                for (int i = 0; i < 20; i++) {
                    clients.add(WireClient.connect(direct.withPort(proxy.proxy().port())));
                }
                proxy.proxy().end(Ending.WAIT_FOR_CLIENTS);
                proxy.proxy().awaitStop();
            }
            for (WireClient client : clients) {
                BackendMessage last = client.readUntilClosed().getLast();
                assertThat(last.sqlState()).isEqualTo("57P01");
                client.close();
            }
        }
    }
}
