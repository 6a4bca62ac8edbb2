package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.testkit.ChaosPlan;
import dev.spillway.testkit.ChaosRelay;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.IsolationOracle;
import dev.spillway.testkit.OracleFeature;
import dev.spillway.testkit.OracleReport;
import dev.spillway.testkit.PostgresFixture;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections that are cut at random, on either side: a client may lose its connection, and never gets a wrong reply. */
class ChaosIT {
    private static final Logger LOG = LoggerFactory.getLogger(ChaosIT.class);
    private static final int RUN_SECONDS = 6;
    private static final int THOROUGH_SECONDS = 120;
    private static final int CLIENTS = 12;
    private static final int CUTS_PER_MILLE = 3;
    /** A cancel request that is cut never arrives, and what it was to end would go on for a minute. */
    private static final Set<OracleFeature> FEATURES = EnumSet.complementOf(EnumSet.of(OracleFeature.CANCEL));

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void serversThatAreCutOffCostTheirClientsAtMost(PoolMode mode) throws Exception {
        ChaosRound.playAll(mode, RUN_SECONDS, THOROUGH_SECONDS, round -> {
            try (ChaosRelay relay = ChaosRelay.before(direct, plan(round));
                    RunningProxy proxy = new RunningProxy(round.config(relay.port()))) {
                Endpoint target = direct.withPort(proxy.proxy().port());
                assertSound(round, proxy, relay, settings(round, target).lossesThatAreTold(relay::cuts));
            }
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void clientsThatAreCutOffCostNobodyElse(PoolMode mode) throws Exception {
        ChaosRound.playAll(mode, RUN_SECONDS, THOROUGH_SECONDS, round -> {
            try (RunningProxy proxy = new RunningProxy(round.config(direct.port()));
                    ChaosRelay relay =
                            ChaosRelay.before(direct.withPort(proxy.proxy().port()), plan(round))) {
                Endpoint target = direct.withPort(relay.port());
                assertSound(round, proxy, relay, settings(round, target).losses(relay::cuts));
            }
        });
    }

    private static ChaosPlan plan(ChaosRound round) {
        return round.isSplit()
                ? ChaosPlan.splitting(round.seed()).cutting(CUTS_PER_MILLE)
                : new ChaosPlan(round.seed(), 0, 0, 0, 3 * CUTS_PER_MILLE, 0); // of fewer and larger pieces
    }

    private IsolationOracle.Settings settings(ChaosRound round, Endpoint target) {
        return IsolationOracle.Settings.of(target, direct, round.seed())
                .clients(CLIENTS, Integer.MAX_VALUE)
                .limit(round.limit())
                .features(FEATURES)
                .replyTimeout(Duration.ofSeconds(20));
    }

    private void assertSound(ChaosRound round, RunningProxy proxy, ChaosRelay relay, IsolationOracle.Settings settings)
            throws Exception {
        LOG.info("{}", round);
        OracleReport report = IsolationOracle.run(settings.diagnosis(proxy::state));
        LOG.info("{}: {}; {} cuts", round, report.table(), relay.cuts());
        report.assertIsolated();
        assertThat(relay.cuts()).as("%s: cuts", round).isPositive();
        relay.plan(ChaosPlan.calm());
        Endpoint through = direct.withPort(proxy.proxy().port());
        await().atMost(Duration.ofSeconds(15))
                .untilAsserted(() -> assertThat(proxy.servers(through, "active")
                                + proxy.servers(through, "tested")
                                + proxy.servers(through, "being_canceled"))
                        .as("%s: servers that are not idle", round)
                        .isZero());
        assertThat(proxy.log().defects()).as("%s", round).isEmpty();
    }
}
