package dev.spillway.core.session.channels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeliveriesTest {
    /** More than two parts of it. */
    private static final int CROWD = 2 * Deliveries.AT_ONCE + 10;

    private final Deque<Runnable> lane = new ArrayDeque<>();
    private final List<String> told = new ArrayList<>();
    private int held;
    private final Deliveries<Integer, String> deliveries = new Deliveries<>(new Recording(), lane::add);
    private int mostBytes = Integer.MAX_VALUE;

    /** Fails where the message says so. */
    private final class Recording implements Deliveries.Outlet<Integer, String> {
        @Override
        public String together(List<byte[]> messages, int bytes) {
            held++;
            StringBuilder all = new StringBuilder();
            messages.forEach(message -> all.append(new String(message, StandardCharsets.US_ASCII)));
            return all.toString();
        }

        @Override
        public void release(String messages) {
            held--;
        }

        @Override
        public void tell(Integer client, String text) {
            told.add(text + client);
            if (text.equals("bug") && client == 1) {
                throw new IllegalStateException("a bug");
            }
        }

        @Override
        public int mostBytes() {
            return mostBytes;
        }
    }

    private void tell(String message, int count) {
        deliveries.tell(
                count, () -> IntStream.range(0, count).boxed().toList(), message.getBytes(StandardCharsets.US_ASCII));
    }

    private void laneGoesOn() {
        lane.remove().run();
    }

    private void laneGoesOnToTheEnd() {
        while (!lane.isEmpty()) {
            laneGoesOn();
        }
    }

    @AfterEach
    void nothingIsKept() {
        deliveries.end();
        assertThat(held).isZero();
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
            assertThat(told.size() - before).isBetween(1, Deliveries.AT_ONCE);
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
        assertThat(told).startsWith("ab0", "ab1");
        tell("c", CROWD);
        laneGoesOnToTheEnd();
        assertThat(told.subList(CROWD - 1, told.size()))
                .startsWith("ab" + (CROWD - 1), "c0", "c1")
                .hasSize(CROWD + 1);
    }

    @Test
    void butNoMoreThanAClientMayBeOwed() {
        mostBytes = 2;
        for (String message : List.of("a", "b", "c", "long", "d")) {
            tell(message, CROWD);
        }
        laneGoesOnToTheEnd();
        assertThat(told.stream().filter(each -> each.matches("\\D+0"))).containsExactly("ab0", "c0", "long0", "d0");
    }

    @Test
    void oneThatIsToldMuchCountsForMore() {
        tell("a".repeat(Deliveries.MOST_BYTES), CROWD);
        tell("b", CROWD);
        laneGoesOn();
        assertThat(told).hasSize(2).allMatch(each -> each.startsWith("aa"));
    }

    @Test
    void whatComesMeanwhileComesAfterwards() {
        List<Integer> others = new ArrayList<>(List.of(0));
        tell("a", CROWD);
        deliveries.tell("others", () -> List.copyOf(others), new byte[] {'b'});
        deliveries.then(() -> told.add("then"));
        tell("a", CROWD);
        others.add(1); // in time
        laneGoesOnToTheEnd();
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
        assertThat(told).hasSizeLessThan(CROWD + Deliveries.AT_ONCE);
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
