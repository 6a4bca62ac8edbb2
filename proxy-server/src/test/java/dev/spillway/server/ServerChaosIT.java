package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.testkit.ChaosPlan;
import dev.spillway.testkit.ChaosRelay;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.IsolationOracle;
import dev.spillway.testkit.OracleReport;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.ServerChaos;
import java.time.Duration;
import java.util.Map;
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
 */
class ServerChaosIT {
    private static final Logger LOG = LoggerFactory.getLogger(ServerChaosIT.class);
    private static final int RUN_SECONDS = 6;
    private static final int THOROUGH_SECONDS = 90;
    /** Of each round, so that its end shows whether all is well again. */
    private static final Duration CALM = Duration.ofSeconds(1);

    private static final int CLIENTS = 12;
    private static final Pattern CLOSED = Pattern.compile("server closed .* pid \\d+: (.*)");

    private final PostgresFixture postgres = PostgresFixture.restartable();
    private final Endpoint direct = postgres.endpoint();

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void whoLosesAServerIsToldAndNothingIsLostOrDoubled(PoolMode mode) throws Exception {
        ChaosRound.playAll(mode, RUN_SECONDS, THOROUGH_SECONDS, this::play);
    }

    private void play(ChaosRound round) throws Exception {
        LOG.info("{}", round);
        ChaosPlan between = round.isSplit() ? ChaosPlan.splitting(round.seed()) : ChaosPlan.calm();
        try (ChaosRelay relay = ChaosRelay.before(direct, between);
                RunningProxy proxy = new RunningProxy(round.config(relay.port()))) {
            Endpoint through = direct.withPort(proxy.proxy().port()).withUser(PostgresFixture.PLAIN_USER);
            try (ServerChaos chaos = ServerChaos.start(
                    postgres,
                    new ServerChaos.Plan(round.seed(), PostgresFixture.PLAIN_USER, round.poolSize(), 150, 25))) {
                Thread calm = Thread.ofVirtual()
                        .start(() -> closeAfter(chaos, round.limit().minus(CALM)));
                OracleReport report = IsolationOracle.run(IsolationOracle.Settings.of(through, direct, round.seed())
                        .clients(CLIENTS, Integer.MAX_VALUE)
                        .limit(round.limit())
                        .replyTimeout(Duration.ofSeconds(20))
                        .diagnosis(() -> proxy.state(postgres))
                        .lossesThatAreTold(chaos::losses));
                calm.join();
                judge(round, proxy, chaos, report);
            }
            await().atMost(Duration.ofSeconds(15))
                    .untilAsserted(() -> assertThat(proxy.servers(through, "active")
                                    + proxy.servers(through, "tested")
                                    + proxy.servers(through, "being_canceled"))
                            .as("%s: servers that are not idle", round)
                            .isZero());
        }
    }

    private static void closeAfter(ServerChaos chaos, Duration time) {
        await().atMost(time.plusMinutes(1)).pollDelay(time).until(() -> true);
        chaos.close();
    }

    private static void judge(ChaosRound round, RunningProxy proxy, ServerChaos chaos, OracleReport report) {
        Map<String, Long> closed = closings(proxy);
        long logins = proxy.log().count("server opened");
        LOG.info(
                "{}: {}; {} sessions terminated, {} restarts; {} server logins; servers closed {}",
                round,
                report.table(),
                chaos.terminated(),
                chaos.restarts(),
                logins,
                closed);
        report.assertIsolated();
        assertThat(proxy.log().defects()).as("%s", round).isEmpty();
        assertThat(closed).as("%s", round).doesNotContainKey("could not be brought back to a clean state in time");
        long open = logins - closed.values().stream().mapToLong(Long::longValue).sum();
        assertThat(open)
                .as("%s: servers that are left of %d logins", round, logins)
                .isBetween(0L, (long) round.poolSize());
        assertThat(chaos.terminated()).as("%s: sessions terminated", round).isPositive();
        assertThat(report.rowsVerified()).as("%s", round).isPositive();
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
