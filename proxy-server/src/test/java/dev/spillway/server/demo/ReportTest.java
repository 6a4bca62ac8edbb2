package dev.spillway.server.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.pool.Totals;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final DemoPlan PLAN = new DemoPlan(200, 40, 20, Duration.ofSeconds(10), Duration.ZERO, 6432);
    private static final Totals POOL = new Totals(9000, 0, 0, 0, 0, 0, 0, 500, 2_000_000, 0, 0, 0, 0);

    @Test
    void figuresStandInTheSummary() {
        assertThat(Report.through(figures(161, 20, Map.of())))
                .containsExactly(
                        "   clients              200",
                        "   servers used         20 at most, as PostgreSQL counted them",
                        "   transactions         9000",
                        "   errors               0",
                        "   transaction time     p50 12.3 ms, p99 45.7 ms, waiting included",
                        "   waits for a server   500 of 9000, 4.0 ms on average",
                        "",
                        "161 of 200 clients failed without Spillway, none with it.");
    }

    @Test
    void whatDidNotGoWellIsSaid() {
        Figures failed = figures(161, 20, Map.of("08P01", new Tally.Errors(3, "no")));

        assertThat(failed.isAsPromised()).isFalse();
        assertThat(Report.through(failed))
                .contains("   errors               3", "     3 x no (SQLSTATE 08P01)")
                .last()
                .isEqualTo("This is not what the demo should show: clients of Spillway had errors.");
        assertThat(Report.through(figures(0, 20, Map.of()))).last().asString().contains("no direct client was refused");
        assertThat(Report.through(figures(161, 21, Map.of()))).last().asString().contains("not what the demo");
    }

    @Test
    void refusalsAreCountedInPostgresqlsOwnWords() {
        Tally tally = new Tally();
        tally.committed(5_000_000);
        tally.failed(new SQLException("FATAL: sorry, too many clients already", "53300"));
        tally.failed(new SQLException("FATAL: sorry, too many clients already", "53300"));

        assertThat(Report.direct(PLAN, tally))
                .containsExactly(
                        "   1 had their transaction, 2 got an error:",
                        "      2 x FATAL: sorry, too many clients already (SQLSTATE 53300)");
    }

    private static Figures figures(int refused, int servers, Map<String, Tally.Errors> errors) {
        return new Figures(PLAN, refused, "FATAL: sorry", 0, servers, 9000, 12_345, 45_678, errors, POOL);
    }
}
