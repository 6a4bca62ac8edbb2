package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
    @Test
    void bucketsFollowEachOtherWithoutAGap() {
        for (int i = 0; i < Durations.BUCKETS - 1; i++) {
            long end = Durations.endMicros(i);
            assertThat(Durations.bucket(end * 1000 - 1)).as("before " + end).isEqualTo(i);
            assertThat(Durations.bucket(end * 1000)).as("at " + end).isEqualTo(i + 1);
        }
        assertThat(Durations.endMicros(Durations.BUCKETS - 2)).isEqualTo(1L << 26);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, 63_999})
    void whatIsShortOrNoDurationIsInTheFirst(long nanos) {
        assertThat(Durations.bucket(nanos)).isZero();
    }

    @Test
    void whatIsLongIsInTheLast() {
        assertThat(Durations.bucket(Long.MAX_VALUE)).isEqualTo(Durations.BUCKETS - 1);
        assertThat(Durations.endMicros(Durations.BUCKETS - 1)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void octavesEndAtPowersOfTwo() {
        long end = 64;
        for (int i = 0; i < Durations.BUCKETS - 1; i++) {
            if (Durations.endsOctave(i)) {
                assertThat(Durations.endMicros(i)).isEqualTo(end);
                end *= 2;
            }
        }
        assertThat(end).isEqualTo(1L << 27);
        assertThat(Durations.endsOctave(Durations.BUCKETS - 1)).isTrue();
    }

    @Test
    void quantilesAreTrueToAQuarterOfAnOctave() {
        Durations durations = new Durations();
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            durations.add((long) (random.nextDouble() * 1e9));
        }

        assertThat(durations.count()).isEqualTo(100_000);
        assertThat(durations.quantileSeconds(0.5)).isCloseTo(0.5, within(0.02));
        assertThat(durations.quantileSeconds(0.99)).isCloseTo(0.99, within(0.05));
        assertThat(new Durations().quantileSeconds(0.5)).isZero();
    }

    @Test
    void othersAreTakenOverAndWhatTookNoTimeIsShort() {
        Durations one = new Durations();
        Durations other = new Durations();
        one.add(1_000_000);
        other.add(1_000_000);
        other.addNone(3);
        one.add(other);

        assertThat(one.count()).isEqualTo(5);
        assertThat(one.count(0)).isEqualTo(3);
        assertThat(one.count(Durations.bucket(1_000_000))).isEqualTo(2);
    }
}
