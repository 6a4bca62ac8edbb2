package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OrdersTest {
    @Test
    void aDatabaseIsPausedByItsNameOrWithAllOthers() {
        Orders one = Orders.NONE.pause("a", true);
        assertThat(one.isPaused("a")).isTrue();
        assertThat(one.isPaused("b") || one.isPaused()).isFalse();

        Orders both = one.pause(true);
        assertThat(both.isPaused("b")).isTrue();
        assertThat(both.pause(false)).isEqualTo(one);
        assertThat(both.pause("a", false).isPaused("a")).isTrue();
        assertThat(one.pause("a", false)).isEqualTo(Orders.NONE);
    }

    @Test
    void eachRenewalMakesALaterGenerationOfWhatItIsFor() {
        Orders renewed = Orders.NONE.renew("a");
        assertThat(renewed.generation("a")).isEqualTo(1);
        assertThat(renewed.generation("b")).isZero();

        Orders all = renewed.renew();
        assertThat(all.generation("a")).isEqualTo(2);
        assertThat(all.generation("b")).isEqualTo(2);
        assertThat(all.renew("b").generation("b")).isEqualTo(3);
        assertThat(all.renew("b").generation("a")).isEqualTo(2);
    }

    @Test
    void aKillPausesAndIsKnownToWhoeverDidNotHearOfIt() {
        Orders first = Orders.NONE.kill("a");
        assertThat(first.isPaused("a")).isTrue();
        assertThat(first.isKilledSince(Orders.NONE, "a")).isTrue();
        assertThat(first.isKilledSince(Orders.NONE, "b")).isFalse();
        assertThat(first.isKilledSince(first, "a")).isFalse();
        assertThat(first.pause("a", false).kill("a").isKilledSince(first, "a")).isTrue();
    }

    @Test
    void aDatabaseIsDisabledUntilItIsEnabled() {
        Orders disabled = Orders.NONE.disable("a", true);
        assertThat(disabled.isDisabled("a")).isTrue();
        assertThat(disabled.isDisabled("b")).isFalse();
        assertThat(disabled.disable("a", false)).isEqualTo(Orders.NONE);
    }
}
