package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Layer (c): what an instance may have, and which of the others are strangers to its fleet. */
class FleetPartTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final FleetPart part = new FleetPart();

    @Test
    void beforeItIsToldItIsOneConnection() {
        assertThat(part.most()).isOne();
        assertThat(part.isCertain(Long.MAX_VALUE)).isTrue();
    }

    @Test
    void whatItWasToldIsCertainForATime() {
        assertThat(part.limit(7, 10 * SECOND)).isTrue();
        assertThat(part.limit(7, 11 * SECOND)).as("another number").isFalse();
        assertThat(part.most()).isEqualTo(7);
        assertThat(part.isCertain(11 * SECOND - 1)).isTrue();
        assertThat(part.isCertain(11 * SECOND)).isFalse();
    }

    @Test
    void strangersCountOnceTheyHaveBeenThereForMoreThanAMoment() {
        assertThat(part.peak(5, 0)).as("nobody knows yet whether it lasts").isEqualTo(5);
        assertThat(part.peak(0, 3 * SECOND)).as("it did not").isZero();
        assertThat(part.peak(7, 4 * SECOND)).as("it may be a member").isZero();
        assertThat(part.peak(7, 6 * SECOND + 1)).as("it is none").isEqualTo(7);
        assertThat(part.peak(0, 60 * SECOND)).as("for a minute").isEqualTo(7);
        assertThat(part.peak(0, 67 * SECOND)).isZero();
    }
}
