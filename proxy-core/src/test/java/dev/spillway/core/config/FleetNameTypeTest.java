package dev.spillway.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FleetNameTypeTest {
    private final FleetNameType type = new FleetNameType();

    @Test
    void takesNamesThatFitIntoAnAnnouncement() throws BadValueException {
        assertThat(type.parse("shop_1-x")).isEqualTo("shop_1-x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "ä", "two words", "fffffffffffffffffffffffff"})
    void refusesOthers(String name) {
        assertThatThrownBy(() -> type.parse(name)).isInstanceOf(BadValueException.class);
    }
}
