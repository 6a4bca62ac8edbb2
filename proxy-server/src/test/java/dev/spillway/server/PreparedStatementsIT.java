package dev.spillway.server;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.StatementSettings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.StatementComparison;
import dev.spillway.testkit.StatementProgram;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Layer (f): whoever prepares statements cannot tell that the server changes between transactions. */
class PreparedStatementsIT {
    private static final Logger LOG = LoggerFactory.getLogger(PreparedStatementsIT.class);
    private static final int PROGRAMS =
            Integer.getInteger("spillway.test.programs", Boolean.getBoolean("spillway.test.thorough") ? 3000 : 200);

    private static final Duration LIMIT = Duration.ofSeconds(Integer.getInteger("spillway.test.limit", 10));

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 1, 2", "2, 1, 1", "3, 2, 2", "1, 1, 200", "2, 2, 200", "3, 1, 200"})
    void programsHaveTheAnswersOfADirectConnection(int servers, int lanes, int perServer) throws IOException {
        LOG.info("spillway.test.seed={}", seed);
        var config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, servers)
                .with(Settings.LANES, lanes)
                .with(StatementSettings.MAX_PREPARED_STATEMENTS, perServer);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            StatementComparison comparison = new StatementComparison(direct, through, servers, LIMIT);
            for (int i = 0; i < PROGRAMS; i++) {
                comparison.assertSame(StatementProgram.random(seed * 1_000_000 + i, 10));
            }
        }
    }
}
