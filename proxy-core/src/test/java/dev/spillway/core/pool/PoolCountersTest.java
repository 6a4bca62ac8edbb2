package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PoolCountersTest {
    private static PoolCounters counting(long queries) {
        PoolCounters counters = new PoolCounters();
        counters.queries = queries;
        return counters;
    }

    @Test
    void recentIsThisPeriodAndTheOneBefore() {
        PoolCounters counters = counting(5);
        assertThat(counters.recent().queries()).isEqualTo(5);
        counters.endPeriod();
        counters.queries += 3;
        assertThat(counters.recent().queries()).isEqualTo(8);
        counters.endPeriod();
        assertThat(counters.recent().queries()).isEqualTo(3);
        counters.endPeriod();
        assertThat(counters.recent().queries()).isZero();
        assertThat(counters.totals().queries()).isEqualTo(8);
    }

    @Test
    void whatIsTakenOverKeepsItsPeriod() {
        PoolCounters gone = counting(5);
        gone.endPeriod();
        gone.endPeriod();
        gone.queries += 2;
        PoolCounters past = counting(1);
        past.add(gone);
        assertThat(past.totals().queries()).isEqualTo(8);
        assertThat(past.recent().queries()).as("its 5 are older").isEqualTo(3);
    }
}
