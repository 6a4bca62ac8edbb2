package dev.spillway.core.protocol.startup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicationTest {
    @ParameterizedTest
    @ValueSource(strings = {"true", "t", "TRUE", "yes", "y", "on", "oN", "1"})
    void whatIsTrueIsPhysical(String value) {
        assertThat(Replication.parse(value)).isEqualTo(Replication.PHYSICAL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "f", "no", "n", "off", "of", "0"})
    void whatIsFalseIsNone(String value) {
        assertThat(Replication.parse(value)).isEqualTo(Replication.NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "o", "maybe", "truer", "2", "Database", "databas", "10"})
    void anythingElseIsUnknown(String value) {
        assertThat(Replication.parse(value)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "true", "database"})
    void eachHasAValueThatMeansIt(String value) {
        assertThat(Replication.parse(value))
                .isNotNull()
                .extracting(Replication::value)
                .isEqualTo(value);
    }
}
