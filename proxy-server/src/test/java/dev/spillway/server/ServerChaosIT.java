package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import dev.spillway.testkit.ChaosPlan;
import dev.spillway.testkit.ChaosRelay;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.IsolationOracle;
import dev.spillway.testkit.OracleReport;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.ServerChaos;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL ends sessions and restarts while clients die in every phase: who loses a server is told why, nobody gets a wrong reply, and
 * what was committed is there once.
 *
 * <p>Size and lanes of the pool come from the seed. {@code -Dspillway.test.transport} chooses the transport, {@code
 * -Dspillway.test.seconds} how long each of the two modes goes on.
 */
class ServerChaosIT {
    private static final Logger LOG = LoggerFactory.getLogger(ServerChaosIT.class);
    private static final int RUN_SECONDS = 6;
    private static final int THOROUGH_SECONDS = 90;
    private static final Duration ROUND = Duration.ofSeconds(15);
    /** Of each round, so that its end shows whether all is well again. */
    private static final Duration CALM = Duration.ofSeconds(1);

    private static final int CLIENTS = 12;
    private static final Pattern CLOSED = Pattern.compile("server closed .* pid \\d+: (.*)");

    private final PostgresFixture postgres = PostgresFixture.restartable();
    private final Endpoint direct = postgres.endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);
    private final Transport transport = Transport.valueOf(System.getProperty("spillway.test.transport", "AUTO"));
    private final long seconds = Long.getLong(
            "spillway.test.seconds", Boolean.getBoolean("spillway.test.thorough") ? THOROUGH_SECONDS : RUN_SECONDS);

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void whoLosesAServerIsToldAndNothingIsLostOrDoubled(PoolMode mode) throws Exception {
        long endNanos = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        for (long round = seed; ; round++) {
            Duration left = Duration.ofNanos(endNanos - System.nanoTime());
            if (left.compareTo(CALM.multipliedBy(2)) < 0) {
                return;
            }
            oneRound(mode, round, left.compareTo(ROUND) < 0 ? left : ROUND);
        }
    }

    private void oneRound(PoolMode mode, long round, Duration limit) throws Exception {
        Random random = new Random(round);
        int lanes = 1 + random.nextInt(4);
        int poolSize = 1 + random.nextInt(5);
        boolean isSplit = random.nextBoolean();
        String what = "seed %d, %s, lanes %d, pool %d, relay %s".formatted(round, mode, lanes, poolSize, isSplit);
        LOG.info("{}", what);
        ChaosPlan between = isSplit ? ChaosPlan.splitting(round) : ChaosPlan.calm();
        try (ChaosRelay relay = ChaosRelay.before(direct, between);
                RunningProxy proxy = new RunningProxy(config(relay.port(), mode, poolSize, lanes))) {
            Endpoint through = direct.withPort(proxy.proxy().port()).withUser(PostgresFixture.PLAIN_USER);
            try (ServerChaos chaos = ServerChaos.start(
                    postgres, new ServerChaos.Plan(round, PostgresFixture.PLAIN_USER, poolSize, 150, 25))) {
                Thread calm = Thread.ofVirtual().start(() -> closeAfter(chaos, limit.minus(CALM)));
                OracleReport report = IsolationOracle.run(IsolationOracle.Settings.of(through, direct, round)
                        .clients(CLIENTS, Integer.MAX_VALUE)
                        .limit(limit)
                        .replyTimeout(Duration.ofSeconds(20))
                        .diagnosis(() -> proxy.state(postgres))
                        .lossesThatAreTold(chaos::losses));
                calm.join();
                judge(what, proxy, poolSize, chaos, report);
            }
            await().atMost(Duration.ofSeconds(15))
                    .untilAsserted(() -> assertThat(proxy.servers(through, "active")
                                    + proxy.servers(through, "tested")
                                    + proxy.servers(through, "being_canceled"))
                            .as("%s: servers that are not idle", what)
                            .isZero());
        }
    }

    private static void closeAfter(ServerChaos chaos, Duration time) {
        await().atMost(time.plusMinutes(1)).pollDelay(time).until(() -> true);
        chaos.close();
    }

    private ProxyConfig config(int port, PoolMode mode, int poolSize, int lanes) {
        return RunningProxy.config(port, mode, poolSize)
                .with(Settings.TRANSPORT, transport)
                .with(Settings.LANES, lanes);
    }

    private static void judge(String what, RunningProxy proxy, int poolSize, ServerChaos chaos, OracleReport report) {
        Map<String, Long> closed = closings(proxy);
        long logins = proxy.log().count("server opened");
        LOG.info(
                "{}: {}; {} sessions terminated, {} restarts; {} server logins; servers closed {}",
                what,
                report.table(),
                chaos.terminated(),
                chaos.restarts(),
                logins,
                closed);
        report.assertIsolated();
        assertThat(proxy.log().defects()).as(what).isEmpty();
        assertThat(closed).as(what).doesNotContainKey("could not be brought back to a clean state in time");
        long open = logins - closed.values().stream().mapToLong(Long::longValue).sum();
        assertThat(open)
                .as("%s: servers that are left of %d logins", what, logins)
                .isBetween(0L, (long) poolSize);
        assertThat(chaos.terminated()).as("%s: sessions terminated", what).isPositive();
        assertThat(report.rowsVerified()).as(what).isPositive();
    }

    /** Why servers were closed, and how often. */
    private static Map<String, Long> closings(RunningProxy proxy) {
        Map<String, Long> closed = new TreeMap<>();
        for (String line : proxy.log().lines()) {
            Matcher match = CLOSED.matcher(line);
            if (match.find()) {
                closed.merge(match.group(1), 1L, Long::sum);
            }
        }
        return closed;
    }
}
