package dev.spillway.server.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BalanceTest {
    private final Balance balance = new Balance();

    /** Lanes with clients that each ask for the same part of a core, of which a lane has one. */
    private final class Machine {
        private final int[] clients;
        private final double each;
        private int shifts;

        Machine(int lanes, int clients, double each) {
            this.clients = new int[lanes];
            this.clients[0] = clients;
            this.each = each;
        }

        void run(int beats) {
            for (int beat = 0; beat < beats; beat++) {
                List<Balance.Load> loads = IntStream.of(clients)
                        .mapToObj(count -> new Balance.Load(Math.min(1, count * each), count))
                        .toList();
                for (Balance.Shift shift : balance.next(loads)) {
                    assertThat(shift.clients()).isBetween(1, clients[shift.from()]);
                    clients[shift.from()] -= shift.clients();
                    clients[shift.to()] += shift.clients();
                    shifts++;
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0.5, 1", "0.79, 1", "0.9, 2", "1.5, 2", "2.3, 3", "3, 4", "10, 4"})
    void asManyLanesAreInUseAsTheLoadNeeds(double cores, int lanes) {
        Machine machine = new Machine(4, 1000, cores / 1000);

        machine.run(1000);

        assertThat(balance.inUse()).isEqualTo(lanes);
        int least = Arrays.stream(machine.clients, 0, lanes).min().orElseThrow();
        int most = Arrays.stream(machine.clients).max().orElseThrow();
        assertThat((most - least) * cores / 1000)
                .as("cores between busiest and idlest")
                .isLessThan(0.3);
        assertThat(Arrays.stream(machine.clients, lanes, 4).sum()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0.5", "0.9", "1.5", "2.3", "3", "10"})
    void steadyLoadComesToRest(double cores) {
        Machine machine = new Machine(4, 1000, cores / 1000);
        machine.run(1000);
        machine.shifts = 0;
        int inUse = balance.inUse();

        machine.run(1000);

        assertThat(machine.shifts).isZero();
        assertThat(balance.inUse()).isEqualTo(inUse);
    }

    @Test
    void aLaneIsAddedSoonAndTakenBackLate() {
        List<Balance.Load> full = List.of(new Balance.Load(1, 10), new Balance.Load(0, 0));
        List<Balance.Load> spare = List.of(new Balance.Load(0.3, 5), new Balance.Load(0.3, 5));
        for (int beat = 0; beat < 2; beat++) {
            assertThat(balance.next(full)).isEmpty();
        }

        assertThat(balance.next(full)).containsExactly(new Balance.Shift(0, 1, 5));
        for (int beat = 0; beat < 19; beat++) {
            assertThat(balance.next(spare)).isEmpty();
        }
        assertThat(balance.next(spare)).containsExactly(new Balance.Shift(1, 0, 5));
        assertThat(balance.inUse()).isEqualTo(1);
    }

    @Test
    void aMomentOfWorkAddsNoLane() {
        for (int beat = 0; beat < 100; beat++) {
            balance.next(List.of(new Balance.Load(beat % 3 == 0 ? 0.1 : 1, 10), new Balance.Load(0, 0)));
        }

        assertThat(balance.inUse()).isEqualTo(1);
    }

    @Test
    void oneClientThatIsMostOfTheLoadIsLeftAlone() {
        List<Balance.Load> loads = List.of(new Balance.Load(1, 1), new Balance.Load(0, 0));
        for (int beat = 0; beat < 50; beat++) {
            assertThat(balance.next(loads)).isEmpty();
        }
    }

    @Test
    void shiftsThatDoNotHelpBecomeRare() {
        List<Balance.Load> loads = List.of(new Balance.Load(1, 10), new Balance.Load(0.7, 10));
        int shifts = 0;
        for (int beat = 0; beat < 1000; beat++) {
            shifts += balance.next(loads).size();
        }

        assertThat(shifts).isBetween(5, 20);
    }

    @Test
    void aLaneOutOfUseKeepsThoseThatCannotLeave() {
        assertThat(balance.next(List.of(new Balance.Load(0, 0), new Balance.Load(0.4, 0))))
                .isEmpty();
        assertThat(balance.next(List.of(new Balance.Load(0, 0), new Balance.Load(0.4, 500))))
                .containsExactly(new Balance.Shift(1, 0, 100));
    }
}
