package dev.spillway.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SecretTest {
    @Test
    void secretNeverPrintsItsValue() {
        assertThat(Secret.of("hunter2")).hasToString("***");
        assertThat("password " + Secret.of("hunter2")).doesNotContain("hunter2");
    }

    @Test
    void secretsWithTheSameValueAreEqual() {
        assertThat(Secret.of("p\u00e4ss")).isEqualTo(Secret.of("p\u00e4ss")).hasSameHashCodeAs(Secret.of("p\u00e4ss"));
        assertThat(Secret.of("a")).isNotEqualTo(Secret.of("b")).isNotEqualTo(null);
        assertThat(Secret.of("a").reveal()).isEqualTo("a");
    }
}
