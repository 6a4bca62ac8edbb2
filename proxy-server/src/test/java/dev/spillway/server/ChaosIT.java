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

/** Connections that are cut at random, on either side: a client may lose its connection, and never gets a wrong reply. */
class ChaosIT {
    private static final boolean IS_THOROUGH = Boolean.getBoolean("spillway.test.thorough");
    private static final int CLIENTS = 12;
    private static final int CUTS_PER_MILLE = 3;
    /** A cancel request that is cut never arrives, and what it was to end would go on for a minute. */
    private static final Set<OracleFeature> FEATURES = EnumSet.complementOf(EnumSet.of(OracleFeature.CANCEL));

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void serversThatAreCutOffCostTheirClientsAtMost(PoolMode mode) throws Exception {
        try (ChaosRelay relay = ChaosRelay.before(direct, plan());
                RunningProxy proxy = new RunningProxy(RunningProxy.config(relay.port(), mode, poolSize(mode)))) {
            assertSound(proxy, relay, direct.withPort(proxy.proxy().port()));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void clientsThatAreCutOffCostNobodyElse(PoolMode mode) throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), mode, poolSize(mode)));
                ChaosRelay relay =
                        ChaosRelay.before(direct.withPort(proxy.proxy().port()), plan())) {
            assertSound(proxy, relay, direct.withPort(relay.port()));
        }
    }

    private ChaosPlan plan() {
        return ChaosPlan.splitting(seed).cutting(CUTS_PER_MILLE);
    }

    private static int poolSize(PoolMode mode) {
        return mode == PoolMode.SESSION ? CLIENTS + 4 : 3;
    }

    private void assertSound(RunningProxy proxy, ChaosRelay relay, Endpoint target) throws Exception {
        OracleReport report = IsolationOracle.run(IsolationOracle.Settings.of(target, direct, seed)
                .clients(CLIENTS, IS_THOROUGH ? 5000 : 25)
                .limit(Duration.ofSeconds(IS_THOROUGH ? 120 : 10))
                .features(FEATURES)
                .diagnosis(proxy::state)
                .losses(relay::cuts));
        report.assertIsolated();
        assertThat(relay.cuts()).as("seed %d: cuts", seed).isPositive();
        relay.plan(ChaosPlan.calm());
        Endpoint through = direct.withPort(proxy.proxy().port());
        await().atMost(Duration.ofSeconds(15))
                .untilAsserted(() -> assertThat(proxy.servers(through, "active")
                                + proxy.servers(through, "tested")
                                + proxy.servers(through, "being_canceled"))
                        .as("seed %d: servers that are not idle", seed)
                        .isZero());
        assertThat(proxy.log().defects()).as("seed %d", seed).isEmpty();
    }
}
