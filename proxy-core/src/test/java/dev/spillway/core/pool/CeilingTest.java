package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Layer (c): what a refusal teaches, and for how long. */
class CeilingTest {
    private static final long LONGEST = Duration.ofSeconds(15).toNanos();
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Ceiling ceiling = new Ceiling();

    @Test
    void nothingIsForbiddenBeforeTheFirstRefusal() {
        assertThat(ceiling.allows(1_000_000, 0)).isTrue();
        assertThat(ceiling.isReached(1_000_000)).isFalse();
    }

    @Test
    void afterOneThereMayBeAsManyAsThereWereThen() {
        ceiling.refused(7, LONGEST, 0);
        assertThat(ceiling.allows(6, 0)).isTrue();
        assertThat(ceiling.allows(7, 0)).isFalse();
        assertThat(ceiling.isReached(7)).isTrue();
    }

    @Test
    void theLowestOfThoseThatComeTogetherCounts() {
        ceiling.refused(7, LONGEST, 0);
        ceiling.refused(5, LONGEST, 1);
        ceiling.refused(6, LONGEST, 2);
        assertThat(ceiling.most()).isEqualTo(5);
    }

    @Test
    void oneMoreIsTriedLaterAndNotTwo() {
        ceiling.refused(7, LONGEST, 0);
        assertThat(ceiling.allows(7, SECOND)).isTrue();
        assertThat(ceiling.allows(8, SECOND)).isFalse();
    }

    @Test
    void pausesGrowWhileItGoesOn() {
        long now = 0;
        int refusals = 0;
        for (; now < 60 * SECOND; now += SECOND / 100) {
            if (ceiling.allows(7, now)) {
                ceiling.refused(7, LONGEST, now);
                refusals++;
            }
        }
        assertThat(refusals).as("in a minute").isBetween(15, 45);
    }

    @Test
    void whatSucceedsRaisesItAndTheNextIsTriedAtOnce() {
        ceiling.refused(7, LONGEST, 0);
        ceiling.admitted(7, SECOND);
        assertThat(ceiling.most()).as("it was there before").isEqualTo(7);
        ceiling.admitted(8, SECOND);
        assertThat(ceiling.allows(8, SECOND)).isTrue();
        assertThat(ceiling.allows(9, SECOND)).isFalse();
    }

    @Test
    void oneThatOnlyReplacesAnotherTeachesNothing() {
        ceiling.refused(7, LONGEST, 0);
        ceiling.admitted(7, SECOND / 10);
        assertThat(ceiling.allows(7, SECOND / 10)).isFalse();
    }

    @Test
    void whereNoneIsOpenOneIsTriedSoon() {
        ceiling.refused(0, LONGEST, 0);
        assertThat(ceiling.allows(0, SECOND / 100)).isFalse();
        assertThat(ceiling.allows(0, SECOND / 20)).isTrue();
    }

    @Test
    void noPauseIsLongerThanTheLongest() {
        ceiling.refused(7, SECOND / 50, 0);
        assertThat(ceiling.allows(7, SECOND / 50)).isTrue();
    }

    @Test
    void whoKnowsThatThereIsRoomEndsThePause() {
        ceiling.refused(7, LONGEST, 0);
        ceiling.doubt(1);
        assertThat(ceiling.allows(7, 1)).isTrue();
    }

    @Test
    void aMinuteWithoutRefusalsEndsIt() {
        ceiling.refused(7, LONGEST, 0);
        assertThat(ceiling.allows(20, 61 * SECOND)).isTrue();
        assertThat(ceiling.isKnown()).isFalse();
    }
}
