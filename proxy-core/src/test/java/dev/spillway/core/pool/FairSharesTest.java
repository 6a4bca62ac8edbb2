package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Layer (c): who gets what of too little. */
class FairSharesTest {
    private static FairShares.Need<String> need(String pool, int weight, int least, int wanted, long wait) {
        return new FairShares.Need<>(pool, weight, least, wanted, wait);
    }

    @Test
    void equalPoolsHaveEqualShares() {
        assertThat(FairShares.of(10, List.of(need("a", 1, 0, 50, 1), need("b", 1, 0, 50, 1))))
                .isEqualTo(Map.of("a", 5, "b", 5));
    }

    @Test
    void whatOneDoesNotWantIsForTheOthers() {
        assertThat(FairShares.of(10, List.of(need("a", 1, 0, 2, 0), need("b", 1, 0, 50, 1), need("c", 1, 0, 50, 1))))
                .isEqualTo(Map.of("a", 2, "b", 4, "c", 4));
    }

    @Test
    void weightsCount() {
        assertThat(FairShares.of(12, List.of(need("a", 1, 0, 50, 1), need("b", 3, 0, 50, 1))))
                .isEqualTo(Map.of("a", 3, "b", 9));
    }

    @Test
    void theMinimumComesFirst() {
        assertThat(FairShares.of(10, List.of(need("a", 1, 6, 6, 0), need("b", 1, 0, 50, 1), need("c", 1, 0, 50, 1))))
                .isEqualTo(Map.of("a", 6, "b", 2, "c", 2));
    }

    @Test
    void minimumThatIsNotWantedIsForTheOthers() {
        assertThat(FairShares.of(10, List.of(need("a", 1, 5, 2, 1), need("b", 1, 0, 50, 1))))
                .isEqualTo(Map.of("a", 2, "b", 8));
    }

    @Test
    void minimumIsNotCountedTwiceWhereMoreIsWanted() {
        assertThat(FairShares.of(20, List.of(need("a", 1, 6, 10, 1), need("b", 1, 0, 50, 1))))
                .isEqualTo(Map.of("a", 10, "b", 10));
    }

    @Test
    void theLeastWeightIsWorthOne() {
        assertThat(FairShares.of(10, List.of(need("a", 100, 0, 50, 1), need("b", 1, 0, 50, 1))))
                .isEqualTo(Map.of("a", 9, "b", 1));
    }

    @Test
    void whoIsWorthLessThanOneTakesItFromThoseWhoAreWorthMore() {
        assertThat(FairShares.of(
                        10,
                        List.of(
                                need("a", 100, 0, 50, 1),
                                need("b", 1, 0, 50, 1),
                                need("c", 1, 0, 50, 1),
                                need("d", 1, 0, 50, 1))))
                .isEqualTo(Map.of("a", 7, "b", 1, "c", 1, "d", 1));
    }

    @Test
    void aSmallWeightGetsWhatAGreatOneDoesNotWant() {
        assertThat(FairShares.of(100, List.of(need("a", 1000, 0, 5, 1), need("b", 1, 0, 80, 1))))
                .isEqualTo(Map.of("a", 5, "b", 80));
    }

    @Test
    void whereThereIsNotOneForEachTheLongestWaitDecides() {
        assertThat(FairShares.of(2, List.of(need("a", 9, 0, 5, 10), need("b", 1, 0, 5, 30), need("c", 1, 0, 5, 20))))
                .isEqualTo(Map.of("a", 0, "b", 1, "c", 1));
    }

    @Test
    void sharesAreNeverMoreThanThereIsAndNobodyIsForgotten() {
        Random random = new Random(42);
        for (int run = 0; run < 10_000; run++) {
            int budget = random.nextInt(60);
            List<FairShares.Need<String>> needs = new ArrayList<>();
            int mostWeight = run % 2 == 0 ? 1 : 100;
            IntStream.range(0, 1 + random.nextInt(8))
                    .forEach(i -> needs.add(
                            need("p" + i, 1 + random.nextInt(mostWeight), 0, random.nextInt(20), random.nextInt(100))));
            Map<String, Integer> shares = FairShares.of(budget, needs);
            int wanted = needs.stream().mapToInt(FairShares.Need::wanted).sum();
            int given = shares.values().stream().mapToInt(Integer::intValue).sum();
            assertThat(given).as("%d of %s", budget, needs).isLessThanOrEqualTo(Math.min(budget, wanted));
            assertThat(given).as("%d of %s", budget, needs).isGreaterThan(Math.min(budget, wanted) - needs.size());
            needs.forEach(need -> assertThat(shares.get(need.pool())).isLessThanOrEqualTo(need.wanted()));
        }
    }
}
