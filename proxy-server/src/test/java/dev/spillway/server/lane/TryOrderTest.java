package dev.spillway.server.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TryOrderTest {
    private static final List<String> PLACES = List.of("a", "b", "c");

    @Test
    void placesTakeTurnsAndEachLaneBeginsElsewhere() {
        TryOrder order = new TryOrder(1);
        assertThat(order.inTurn("g", PLACES, 0)).containsExactly("b", "c", "a");
        assertThat(order.inTurn("g", PLACES, 0)).containsExactly("c", "a", "b");
        assertThat(order.inTurn("other", PLACES, 0)).containsExactly("b", "c", "a");
    }

    @Test
    void placeThatFailedLatelyIsTriedLast() {
        TryOrder order = new TryOrder(0);
        order.onFailure("a", 100);
        assertThat(order.inTurn("g", PLACES, 50)).containsExactly("b", "c", "a");
        assertThat(order.inTurn("g", PLACES, 50)).containsExactly("b", "c", "a");
        order.inTurn("g", PLACES, 50);
        assertThat(order.inTurn("g", PLACES, 100)).as("long ago").containsExactly("a", "b", "c");
    }

    @Test
    void onePlaceIsKeptUntilItFails() {
        TryOrder order = new TryOrder(1);
        assertThat(order.sameFirst(PLACES, 0)).containsExactly("a", "b", "c");
        order.onFailure("a", 1);
        assertThat(order.sameFirst(PLACES, 2)).containsExactly("b", "c", "a");
        order.onFailure("b", 3);
        order.onFailure("c", 4);
        assertThat(order.sameFirst(PLACES, 1000)).containsExactly("a", "b", "c");
    }
}
