package dev.spillway.core.session.channels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeliveriesTest {
    private static final int FEW = Deliveries.AT_ONCE / Deliveries.WORK_OF_CLIENT;
    /** More than two parts of it. */
    private static final int CROWD = 2 * FEW + 10;

    private final Deque<Runnable> lane = new ArrayDeque<>();
    private final List<String> told = new ArrayList<>();
    private final List<String> held = new ArrayList<>();
    private final Deliveries<Integer, String> deliveries = new Deliveries<>(new Recording(), lane::add);

    /** Fails where the message says so. */
    private final class Recording implements Deliveries.Outlet<Integer, String> {
        @Override
        public void tell(Integer client, String message) {
            told.add(message + client);
            if (message.equals("bug") && client == 1) {
                throw new IllegalStateException("a bug");
            }
        }

        @Override
        public void release(String message) {
            assertThat(held.remove(message)).isTrue();
        }
    }

    private void tell(String message, int count) {
        held.add(message);
        deliveries.tell(count, () -> IntStream.range(0, count).boxed().toList(), message);
    }

    private void laneGoesOn() {
        lane.remove().run();
    }

    @AfterEach
    void nothingIsKept() {
        deliveries.end();
        assertThat(held).isEmpty();
    }

    @Test
    void aFewAreToldAtOnce() {
        tell("a", 2);
        tell("b", 2);
        deliveries.then(() -> told.add("then"));
        assertThat(told).containsExactly("a0", "a1", "b0", "b1", "then");
        assertThat(lane).isEmpty();
    }

    @Test
    void betweenThePartsOfACrowdTheLaneGoesOn() {
        tell("a", CROWD);
        assertThat(told).isEmpty();
        int parts = 0;
        for (int before = 0; !lane.isEmpty(); before = told.size()) {
            laneGoesOn();
            assertThat(told.size() - before).isBetween(1, FEW);
            parts++;
        }
        assertThat(told).hasSize(CROWD).endsWith("a" + (CROWD - 1));
        assertThat(parts).isEqualTo(3);
    }

    @Test
    void whatComesTogetherIsToldTogether() {
        tell("a", CROWD);
        tell("b", CROWD);
        laneGoesOn();
        assertThat(told).startsWith("a0", "b0", "a1", "b1");
        tell("c", CROWD);
        while (!lane.isEmpty()) {
            laneGoesOn();
        }
        assertThat(told.subList(2 * CROWD - 1, told.size()))
                .startsWith("b" + (CROWD - 1), "c0", "c1")
                .hasSize(CROWD + 1);
    }

    @Test
    void oneThatIsToldMuchCountsForMore() {
        tell("a", CROWD);
        for (int i = 0; i < Deliveries.AT_ONCE; i++) {
            tell("a", CROWD);
        }
        laneGoesOn();
        assertThat(told).hasSize(Deliveries.AT_ONCE + 1);
    }

    @Test
    void whatComesMeanwhileComesAfterwards() {
        List<Integer> others = new ArrayList<>(List.of(0));
        tell("a", CROWD);
        held.add("b");
        deliveries.tell("others", () -> List.copyOf(others), "b");
        deliveries.then(() -> told.add("then"));
        tell("a", CROWD);
        others.add(1); // in time
        while (!lane.isEmpty()) {
            laneGoesOn();
        }
        assertThat(told.subList(CROWD - 1, told.size())).startsWith("a" + (CROWD - 1), "b0", "b1", "then", "a0");
    }

    @Test
    void manySmallOnesLeaveTheLaneItsTurnToo() {
        tell("a", CROWD);
        for (int i = 0; i < CROWD; i++) {
            deliveries.then(() -> told.add("then"));
        }
        laneGoesOn();
        laneGoesOn();
        laneGoesOn();
        assertThat(told).hasSizeLessThan(CROWD + FEW);
        assertThat(lane).hasSize(1);
    }

    @Test
    void theOthersAreToldWhereOneFails() {
        assertThatThrownBy(() -> tell("bug", 3)).hasMessage("a bug");
        laneGoesOn();
        assertThat(told).containsExactly("bug0", "bug1", "bug2");
        tell("b", 1);
        assertThat(told).endsWith("b0");
    }

    @Test
    void atTheEndAllIsToldWithoutTheLane() {
        tell("a", CROWD);
        deliveries.end();
        assertThat(told).hasSize(CROWD);
        tell("b", CROWD);
        assertThat(told).hasSize(2 * CROWD);
        laneGoesOn();
        assertThat(told).hasSize(2 * CROWD);
        assertThat(lane).isEmpty();
    }
}
