package dev.spillway.core.time;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentMostTest {
    private final RecentMost most = new RecentMost(10);

    @Test
    void remembersTheGreatestForItsTimeAndThenTheNext() {
        assertThat(most.add(5, 100)).isEqualTo(5);
        assertThat(most.add(2, 103)).isEqualTo(5);
        assertThat(most.add(3, 105)).isEqualTo(5);
        assertThat(most.add(1, 110)).isEqualTo(5);
        assertThat(most.add(1, 111)).isEqualTo(3);
        assertThat(most.add(0, 116)).isEqualTo(1);
    }

    @Test
    void goesOnWhereTimeIsNegative() {
        assertThat(most.add(-1, -20)).isEqualTo(-1);
        assertThat(most.add(-2, -15)).isEqualTo(-1);
        assertThat(most.add(-2, -9)).isEqualTo(-2);
    }
}
