package dev.spillway.core.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.pool.Totals;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StatsLineTest {
    @Test
    void everyFigureIsWhatItIsCalled() {
        Totals recent = new Totals(10, 20, 30, 4_000, 5_000, 60_000, 90_000, 7, 8_000, 40, 50, 60, 70);
        Work work = new Work(Totals.NONE, recent, 10_000_000_000L);
        ProxyFigures figures = new ProxyFigures(
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Map.of("app", work),
                Work.NONE,
                Set.of());

        assertThat(StatsLine.of(figures))
                .isEqualTo("stats: 2 xacts/s, 3 queries/s, 5 client parses/s, 6 server parses/s, 7 binds/s,"
                        + " 4 client logins/s, in 400 B/s, out 500 B/s, xact 3000 us, query 3000 us, wait 800 us");
    }
}
