package dev.spillway.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsVersionsTypeTest {
    private final TlsVersionsType type = new TlsVersionsType();

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "secure; secure",
                "Default; secure",
                "tlsv1.3:TLSV1.2; secure",
                "all; all",
                "legacy; all",
                "tlsv1; all",
                "tlsv1.3; tlsv1.3",
                "tlsv1.0, tlsv1.1; tlsv1.0,tlsv1.1",
                "!tlsv1.0; tlsv1.1,tlsv1.2,tlsv1.3",
                "all:!tlsv1.0:!tlsv1.1; secure",
            })
    void listIsReadAsPgBouncerDoes(String written, String shown) throws BadValueException {
        assertThat(type.format(type.parse(written))).isEqualTo(shown);
        assertThat(type.parse(shown)).isEqualTo(type.parse(written));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "tlsv1.4", "ssl3", "secure,", "!all", "tlsv1.2,!secure"})
    void listThatNobodyUnderstandsOrThatLeavesNothingIsRefused(String written) {
        assertThatThrownBy(() -> type.parse(written)).isInstanceOf(BadValueException.class);
    }
}
