package dev.spillway.server.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StatsPeriodTest {
    private static final Duration LENGTH = Duration.ofNanos(10);

    @Test
    void windowBeginsWithTheLastWholePeriod() {
        StatsPeriod period = new StatsPeriod(100);
        assertThat(period.isOver(LENGTH, 109)).isFalse();
        assertThat(period.windowNanos(109)).isEqualTo(9);
        assertThat(period.isOver(LENGTH, 112)).isTrue();
        assertThat(period.windowNanos(112)).as("the tick was late").isEqualTo(12);
        assertThat(period.isOver(LENGTH, 121)).isFalse();
        assertThat(period.windowNanos(121)).isEqualTo(21);
        assertThat(period.isOver(LENGTH, 122)).isTrue();
        assertThat(period.windowNanos(125)).isEqualTo(13);
    }
}
