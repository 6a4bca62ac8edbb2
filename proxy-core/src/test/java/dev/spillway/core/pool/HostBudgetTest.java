package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.CapacityConfig;
import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.ProxyConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Layer (c): what an answer of PostgreSQL's means for how many we may have. */
class HostBudgetTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final HostBudget budget =
            new HostBudget("db:5432", ProxyConfig.defaults().capacity());
    private long now = 1;

    private void read(HostReading reading) {
        assertThat(budget.claimFirstReading(now) || budget.claimReading(now)).isTrue();
        budget.onRead(reading, now);
        now += SECOND / 2;
        budget.tick(now);
    }

    private void readLater(HostReading reading) {
        now += 6 * SECOND;
        read(reading);
    }

    private static HostReading reading(int connections, Integer... processIds) {
        HostReading reading = new HostReading(true);
        add(reading, "setting", "max_connections", "", Integer.toString(connections));
        add(reading, "setting", "superuser_reserved_connections", "", "3");
        add(reading, "setting", "reserved_connections", "", "2");
        add(reading, "role", "few", "", "4");
        if (processIds.length > 0) {
            add(
                    reading,
                    "connections",
                    "few",
                    "shop",
                    Arrays.stream(processIds).map(String::valueOf).collect(Collectors.joining(",")));
        }
        return reading;
    }

    private static void add(HostReading reading, String... row) {
        assertThat(reading.add(List.of(row))).isTrue();
    }

    private int most() {
        return budget.figures().budget();
    }

    @Test
    void whatIsReservedAndTheHeadroomAreNotOurs() {
        read(reading(105));
        assertThat(most()).isEqualTo(90);
    }

    @Test
    void othersCountForAMinute() {
        read(reading(105, 1, 2, 3));
        assertThat(most()).isEqualTo(87);
        readLater(reading(105));
        assertThat(most()).as("in a moment they may be there again").isEqualTo(87);
        now += 60 * SECOND;
        readLater(reading(105));
        assertThat(most()).isEqualTo(90);
    }

    @Test
    void ourOwnAreNotOthers() {
        budget.owns(2, now);
        budget.cap().tryTake(100);
        read(reading(105, 1, 2, 3));
        assertThat(budget.figures().others()).isEqualTo(2);
    }

    @Test
    void whoeverIsBehindAnotherPoolerCountsWhatItHas() {
        for (int i = 0; i < 3; i++) {
            budget.cap().tryTake(100);
            budget.owns(-i, now);
        }
        read(reading(105, 11, 12, 13, 14));
        assertThat(budget.figures().others()).isEqualTo(1);
    }

    @Test
    void aProcessThatHasEndedMayBeSomebodyElses() {
        budget.owns(2, now);
        budget.cap().tryTake(100);
        budget.owns(7, now);
        now++;
        read(reading(105, 7));
        readLater(reading(105, 2, 7));
        assertThat(budget.figures().others()).isEqualTo(1);
    }

    @Test
    void oneIsTriedWhateverOthersHave() {
        read(reading(20, IntStream.range(1, 16).boxed().toArray(Integer[]::new)));
        assertThat(most()).isOne();
    }

    @Test
    void theLimitOfARoleIsKeptWhoeverComesUnderItLater() {
        Cap ofRole = new Cap(0);
        read(reading(105, 1));
        budget.adoptRole("few", ofRole);
        assertThat(ofRole.limit()).isEqualTo(3);
    }

    @Test
    void aFixedNumberIsKeptAndNobodyAsked() {
        budget.configure(fixed(7));
        assertThat(most()).isEqualTo(7);
        assertThat(budget.claimFirstReading(now)).isFalse();
    }

    @Test
    void beforeTheFirstAnswerOneIsOpenedAndNotTwo() {
        assertThat(budget.isGateOpen(now)).isTrue();
        budget.cap().tryTake(100);
        budget.opens();
        assertThat(budget.isGateOpen(now)).isFalse();
        assertThat(budget.isGateOpen(now + 2 * SECOND)).as("it hangs").isTrue();
    }

    @Test
    void nearTheLimitOneIsOpenedAtATime() {
        budget.configure(fixed(4));
        budget.cap().tryTake(100);
        budget.opens();
        assertThat(budget.isGateOpen(now)).isFalse();
        assertThat(budget.endsOpening()).as("somebody was held up").isTrue();
        assertThat(budget.isGateOpen(now)).isTrue();
    }

    @Test
    void oneThatWasJustClosedCountsForAMomentYet() {
        budget.configure(fixed(2));
        budget.cap().tryTake(100);
        budget.leaves(now);
        assertThat(budget.isGateOpen(now)).isFalse();
        assertThat(budget.isGateOpen(now + SECOND / 10)).isTrue();
    }

    private static CapacityConfig fixed(int most) {
        return ProxyConfig.defaults()
                .with(CapacitySettings.MAX_SERVER_CONNECTIONS, most)
                .capacity();
    }
}
