package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.session.LeaseClock.Doing;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Layer (c): what of a client's doings counts as long, and is told of. */
class StaysTest {
    private static final long SECOND = 1_000_000_000L;
    private static final TimeLimits NONE = new TimeLimits(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
    private static final TimeLimits ALL = new TimeLimits(
            Duration.ofSeconds(10), Duration.ofSeconds(40), Duration.ofSeconds(20), Duration.ofSeconds(80));

    /** Linked at 1 s, asked at 3 s, answered at 7 s. */
    private final LeaseClock clock = clock();

    private static LeaseClock clock() {
        LeaseClock clock = new LeaseClock(new PoolCounters(), 0);
        clock.linked(SECOND, 0);
        clock.asked(3 * SECOND);
        clock.quiet(7 * SECOND);
        return clock;
    }

    private List<Stay> at(Doing doing, String pin, TimeLimits limits) {
        return Stays.of(clock, doing, pin, limits, Duration.ofSeconds(30), 13 * SECOND);
    }

    @Test
    void statementAndItsTransactionAreCountedFromWhenTheyWereAsked() {
        assertThat(at(Doing.ASKING, "", ALL))
                .containsExactly(
                        new Stay(Stay.What.QUERY, 10 * SECOND, Duration.ofSeconds(10), ""),
                        new Stay(Stay.What.TRANSACTION, 10 * SECOND, Duration.ofSeconds(40), ""));
        assertThat(at(Doing.ASKING, "", NONE))
                .as("a statement alone is no transaction, unless transactions are limited")
                .containsExactly(new Stay(Stay.What.QUERY, 10 * SECOND, Duration.ZERO, ""));
    }

    @Test
    void idleInTransactionIsCountedFromTheLastAnswer() {
        assertThat(at(Doing.HOLDING, "a pin is no matter then", ALL))
                .containsExactly(
                        new Stay(Stay.What.IDLE_IN_TRANSACTION, 6 * SECOND, Duration.ofSeconds(20), ""),
                        new Stay(Stay.What.TRANSACTION, 10 * SECOND, Duration.ofSeconds(40), ""));
    }

    @Test
    void whoIsIdleStaysOnlyWithAServerOfItsOwn() {
        assertThat(at(Doing.IDLING, "", ALL)).isEmpty();
        assertThat(at(Doing.IDLING, "temporary objects", ALL))
                .containsExactly(new Stay(Stay.What.PIN, 6 * SECOND, Duration.ofSeconds(30), "temporary objects"));
    }

    @Test
    void longIsHalfOfTheLimitOrAMinuteWithoutOne() {
        Duration limit = Duration.ofSeconds(10);
        assertThat(new Stay(Stay.What.QUERY, 5 * SECOND, limit, "").isLong()).isFalse();
        assertThat(new Stay(Stay.What.QUERY, 5 * SECOND + 1, limit, "").isLong())
                .isTrue();
        assertThat(new Stay(Stay.What.QUERY, 5 * SECOND + 1, limit, "").isWorthAWarning())
                .isTrue();
        assertThat(new Stay(Stay.What.QUERY, 60 * SECOND, Duration.ZERO, "").isLong())
                .isFalse();
        assertThat(new Stay(Stay.What.QUERY, 60 * SECOND + 1, Duration.ZERO, "").isLong())
                .isTrue();
        assertThat(new Stay(Stay.What.QUERY, 600 * SECOND, Duration.ZERO, "").isWorthAWarning())
                .as("of what there is no limit for")
                .isFalse();
    }

    @Test
    void eachStayIsNewsOnce() {
        Stays told = new Stays();
        Stay query = new Stay(Stay.What.QUERY, 5 * SECOND, Duration.ofSeconds(10), "");
        Stay later = new Stay(Stay.What.QUERY, 6 * SECOND, Duration.ofSeconds(10), "");
        Stay transaction = new Stay(Stay.What.TRANSACTION, 5 * SECOND, Duration.ofSeconds(10), "");

        assertThat(told.isNews(query, 13 * SECOND)).isTrue();
        assertThat(told.isNews(later, 14 * SECOND))
                .as("the same, a second later")
                .isFalse();
        assertThat(told.isNews(transaction, 14 * SECOND)).as("another kind").isTrue();
        assertThat(told.isNews(query, 20 * SECOND)).as("the next statement").isTrue();
        assertThat(told.isNews(query, 20 * SECOND)).isFalse();
    }

    @Test
    void textSaysWhatForHowLongAndWhichSettingEndsIt() {
        assertThat(new Stay(Stay.What.PIN, 6 * SECOND, Duration.ofSeconds(10), "temporary objects").text())
                .isEqualTo(
                        "idle with a server of its own (temporary objects) for 6000 ms, pin_idle_timeout is 10000 ms");
        assertThat(new Stay(Stay.What.QUERY, SECOND / 2, Duration.ofSeconds(1), "").text())
                .isEqualTo("query for 500 ms, query_timeout is 1000 ms");
    }
}
