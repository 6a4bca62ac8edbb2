package dev.spillway.core.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SharesTest {
    @Test
    void gives_all_what_they_want_where_there_is_enough() {
        assertThat(shares(10, 3, 2, 5)).containsExactly(3, 2, 5);
    }

    @Test
    void divides_what_the_modest_leave_among_the_others() {
        assertThat(shares(20, 2, 30, 9, 30)).containsExactly(2, 6, 6, 6);
        assertThat(shares(20, 1, 30, 30)).containsExactly(1, 10, 9);
    }

    @Test
    void has_nothing_to_give_where_there_is_nothing() {
        assertThat(shares(0, 3, 4)).containsExactly(0, 0);
        assertThat(shares(-5, 3)).containsExactly(0);
        assertThat(shares(2, 3, 3, 3)).containsExactly(1, 1, 0);
    }

    @Property
    void nobody_could_get_more_without_taking_it_from_one_that_has_less(
            @ForAll @IntRange(min = 0, max = 60) int budget,
            @ForAll @Size(min = 1, max = 9) List<@IntRange(min = 0, max = 20) Integer> wanted) {
        List<Integer> shares =
                shares(budget, wanted.stream().mapToInt(Integer::intValue).toArray());
        int given = shares.stream().mapToInt(Integer::intValue).sum();

        assertThat(given)
                .isEqualTo(Math.min(
                        budget, wanted.stream().mapToInt(Integer::intValue).sum()));
        for (int i = 0; i < shares.size(); i++) {
            assertThat(shares.get(i)).isBetween(0, wanted.get(i));
            if (shares.get(i) < wanted.get(i)) {
                int mine = shares.get(i);
                assertThat(shares).allMatch(other -> other <= mine + 1);
            }
        }
    }

    private static List<Integer> shares(int budget, int... wanted) {
        TreeMap<String, Integer> byName = new TreeMap<>();
        for (int i = 0; i < wanted.length; i++) {
            byName.put("" + (char) ('a' + i), wanted[i]);
        }
        Map<String, Integer> shares = Shares.of(budget, byName);
        return byName.keySet().stream().map(shares::get).toList();
    }
}
