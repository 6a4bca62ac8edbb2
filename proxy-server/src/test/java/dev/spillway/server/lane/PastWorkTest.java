package dev.spillway.server.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.pool.PoolCounters;
import org.junit.jupiter.api.Test;

class PastWorkTest {
    private static PoolCounters of(long assignments, long logins) {
        PoolCounters counters = new PoolCounters();
        counters.assignments = assignments;
        counters.clientLogins = logins;
        return counters;
    }

    @Test
    void slicesOfADatabaseAreAddedUp() {
        PastWork past = new PastWork();
        past.add("one", of(2, 1));
        past.add("two", of(5, 1));
        past.add("one", of(3, 1));
        assertThat(past.ofDatabases())
                .hasSize(2)
                .hasEntrySatisfying(
                        "one",
                        counters -> assertThat(counters.totals().assignments()).isEqualTo(5));
        assertThat(past.forgotten().totals().assignments()).isZero();
    }

    @Test
    void namesThatNeverHadAServerAreNotKept() {
        PastWork past = new PastWork();
        past.add("invented", of(0, 1));
        assertThat(past.ofDatabases()).isEmpty();
        assertThat(past.forgotten().totals().clientLogins()).isEqualTo(1);
    }

    @Test
    void namesAreBoundedAndNothingIsLost() {
        PastWork past = new PastWork();
        for (int i = 0; i < 10_003; i++) {
            past.add("database" + i, of(1, 0));
        }
        assertThat(past.ofDatabases()).hasSize(10_000).doesNotContainKey("database2");
        assertThat(past.forgotten().totals().assignments()).isEqualTo(3);
    }
}
