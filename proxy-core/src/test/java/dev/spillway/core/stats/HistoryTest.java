package dev.spillway.core.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.spillway.core.pool.PoolCounters;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HistoryTest {
    private static final long MILLI = 1_000_000;
    private static final long START = 1_800_000_000_000L;

    private final History history = new History();
    private final PoolCounters shop = new PoolCounters();
    private int stretch;

    /** Each stretch is five seconds long. */
    private void pass(Map<String, PoolCounters> work) {
        Map<String, PoolCounters> now = new HashMap<>();
        work.forEach((database, counters) -> {
            PoolCounters copy = new PoolCounters();
            copy.add(counters);
            now.put(database, copy);
        });
        history.add(now, List.of(), START + stretch++ * 5000L);
    }

    @Test
    void stretchHasWhatWasDoneInItAlone() {
        shop.transacted(900 * MILLI);
        pass(Map.of("shop", shop));
        for (int i = 0; i < 100; i++) {
            shop.transacted(10 * MILLI);
            shop.assignments++;
        }
        pass(Map.of("shop", shop));
        pass(Map.of("shop", shop));

        assertThat(history.stretches())
                .extracting(History.Stretch::endMillis)
                .containsExactly(START + 5000, START + 10000);
        History.Work work = history.stretches().getFirst().databases().getFirst();
        assertThat(work.database()).isEqualTo("shop");
        assertThat(work.transactionsPerSecond()).isEqualTo(20);
        assertThat(Objects.requireNonNull(work.transactions()).p99()).isEqualTo(0.010, within(0.0025));
        assertThat(Objects.requireNonNull(work.waits()).p99()).isLessThan(0.000_064);
        assertThat(history.stretches().getLast().databases()).isEmpty();
    }

    @Test
    void waitsAreThoseOfTheStretch() {
        pass(Map.of("shop", shop));
        shop.waitTimes.add(200 * MILLI);
        shop.waits++;
        shop.assignments++;
        pass(Map.of("shop", shop));

        History.Work work = history.stretches().getFirst().databases().getFirst();
        assertThat(Objects.requireNonNull(work.waits()).p50()).isEqualTo(0.2, within(0.05));
        assertThat(work.transactions()).isNull();
    }

    @Test
    void itKeepsFiveMinutesAndTheBusiestDatabases() {
        Map<String, PoolCounters> all = new HashMap<>();
        for (int i = 0; i < 60; i++) {
            all.put("db" + i, new PoolCounters());
        }
        for (int round = 0; round < 100; round++) {
            all.forEach((name, counters) -> {
                for (int i = 0; i < Integer.parseInt(name.substring(2)) + 1; i++) {
                    counters.transacted(MILLI);
                }
            });
            pass(all);
        }

        assertThat(history.stretches()).hasSize(60);
        assertThat(history.stretches().getLast().endMillis()).isEqualTo(START + 99 * 5000L);
        assertThat(history.stretches().getLast().databases())
                .hasSize(50)
                .extracting(History.Work::database)
                .contains("db59", "db10")
                .doesNotContain("db9");
    }

    @Test
    void clockThatIsSetBackLeavesAGap() {
        pass(Map.of("shop", shop));
        shop.transacted(MILLI);
        history.add(Map.of("shop", shop), List.of(), START - 1000);

        assertThat(history.stretches()).isEmpty();
    }
}
