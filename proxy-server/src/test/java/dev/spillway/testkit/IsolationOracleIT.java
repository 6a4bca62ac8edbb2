package dev.spillway.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.EnumSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The oracle is content with PostgreSQL itself, and with nothing that is broken. */
class IsolationOracleIT {
    private final PostgresFixture postgres = PostgresFixture.shared();
    private final Endpoint direct = postgres.endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    @Test
    void directConnectionsAreIsolated() {
        OracleReport report = IsolationOracle.run(
                IsolationOracle.Settings.of(direct, direct, seed).clients(12, 60));
        report.assertIsolated();
        assertThat(report.exchanges()).isEqualTo(12 * 60);
        assertThat(report.errors()).containsKeys("22P02", "22012", "42703", "25P02", "57014");
        assertThat(report.rowsVerified()).isPositive();
        assertThat(report.connectionsLost()).isZero();
    }

    @ParameterizedTest
    @EnumSource(OracleFeature.class)
    void eachFeatureWorksAlone(OracleFeature feature) {
        IsolationOracle.run(IsolationOracle.Settings.of(direct, direct, seed)
                        .clients(3, 5)
                        .features(EnumSet.of(feature)))
                .assertIsolated();
    }

    @Test
    void cutsThatWereAnnouncedAreForgiven() throws Exception {
        try (ChaosRelay relay =
                ChaosRelay.before(direct, ChaosPlan.splitting(seed).cutting(1))) {
            OracleReport report = IsolationOracle.run(through(relay).losses(relay::cuts));
            report.assertIsolated();
            assertThat(report.connectionsLost()).isBetween(1L, relay.cuts());
        }
    }

    @Test
    void cutsThatNobodyAnnouncedAreNot() throws Exception {
        try (ChaosRelay relay =
                ChaosRelay.before(direct, ChaosPlan.splitting(seed).cutting(2))) {
            assertBroken(IsolationOracle.run(through(relay)), "that nobody had cut");
        }
    }

    @Test
    void replyWithAnotherIdIsNoticed() throws Exception {
        assertBroken(
                under(BackendEdit.alterOnce(
                        IsolationOracleIT::isAClientsRow,
                        message ->
                                new BackendMessage((byte) 'D', replaceFirst(message.body(), (byte) 'c', (byte) 'd')))),
                "expected DataRow");
    }

    @Test
    void replyThatWentToAnotherClientIsNoticed() throws Exception {
        assertBroken(under(BackendEdit.swapOnce(IsolationOracleIT::isAClientsRow)), "expected");
    }

    @Test
    void droppedReplyIsNoticed() throws Exception {
        assertBroken(under(BackendEdit.dropOnce(IsolationOracleIT::isAClientsRow)), "expected DataRow");
    }

    @Test
    void doubledReplyIsNoticed() throws Exception {
        assertBroken(under(BackendEdit.doubleOnce(IsolationOracleIT::isAClientsRow)), "got B");
    }

    @Test
    void droppedReadyForQueryIsAMissingReply() throws Exception {
        AtomicBoolean isLoggedIn = new AtomicBoolean();
        Predicate<BackendMessage> readyAfterARow = message -> {
            if (isAClientsRow(message)) {
                isLoggedIn.set(true);
            }
            return message.is('Z') && isLoggedIn.get();
        };
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.calm())) {
            relay.edit(BackendEdit.dropOnce(readyAfterARow));
            assertBroken(
                    IsolationOracle.run(through(relay)
                            .features(EnumSet.of(OracleFeature.SIMPLE))
                            .replyTimeout(Duration.ofMillis(700))),
                    "no reply within");
        }
    }

    @Test
    void anotherClientsSettingIsNoticed() throws Exception {
        assertBroken(
                under(BackendEdit.alterOnce(
                        message -> message.is('S') && message.strings().contains("oracle-3"),
                        message ->
                                new BackendMessage((byte) 'S', replaceFirst(message.body(), (byte) '3', (byte) '4')))),
                "logged in with another's application_name");
    }

    @Test
    void committedRowThatIsMissingIsNoticed() throws Exception {
        assertBroken(
                whileSomeoneRuns("delete from oracle_log where ctid = (select ctid from oracle_log limit 1)"),
                "confirmed as committed, but missing");
    }

    @Test
    void rowCommittedTwiceIsNoticed() throws Exception {
        assertBroken(
                whileSomeoneRuns("insert into oracle_log select * from oracle_log limit 1"), "row committed twice");
    }

    private static boolean isAClientsRow(BackendMessage message) {
        return message.is('D') && message.column().matches("r\\d+c[1-9]s\\d+.*");
    }

    private OracleReport whileSomeoneRuns(String sql) throws InterruptedException {
        AtomicBoolean isOver = new AtomicBoolean();
        Thread vandal = Thread.ofVirtual().start(() -> {
            Awaitility.await().until(() -> isOver.get() || hasRows());
            postgres.execute(sql);
        });
        OracleReport report = IsolationOracle.run(IsolationOracle.Settings.of(direct, direct, seed)
                .clients(2, 100_000)
                .limit(Duration.ofMillis(1500))
                .features(EnumSet.of(OracleFeature.COPY_IN)));
        isOver.set(true);
        vandal.join();
        return report;
    }

    private boolean hasRows() {
        return postgres.queryOne("select to_regclass('oracle_log') is not null").equals("t")
                && !postgres.queryOne("select count(*) from oracle_log").equals("0");
    }

    private OracleReport under(BackendEdit edit) throws Exception {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.splitting(seed))) {
            relay.edit(edit);
            return IsolationOracle.run(
                    through(relay).features(EnumSet.of(OracleFeature.SIMPLE, OracleFeature.EXTENDED)));
        }
    }

    private IsolationOracle.Settings through(ChaosRelay relay) {
        return IsolationOracle.Settings.of(direct.withPort(relay.port()), direct, seed)
                .clients(8, 40)
                .replyTimeout(Duration.ofSeconds(5));
    }

    private static void assertBroken(OracleReport report, String detail) {
        assertThat(report.mismatches())
                .anySatisfy(mismatch -> assertThat(mismatch).contains(detail));
        assertThatThrownBy(report::assertIsolated)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("seed " + report.seed());
    }

    private static byte[] replaceFirst(byte[] bytes, byte from, byte to) {
        for (int i = 6; i < bytes.length; i++) {
            if (bytes[i] == from) {
                bytes[i] = to;
                return bytes;
            }
        }
        throw new IllegalArgumentException("nothing to alter");
    }
}
