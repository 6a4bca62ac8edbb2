package dev.spillway.core.stats;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WireFiguresTest {
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:6432, 127.0.0.1, 6432",
        "[::1]:6432, ::1, 6432",
        "unix:6432, unix, 6432",
        "unix, unix, 0",
        "null, null, 0"
    })
    void addressIsSplitIntoHostAndPort(String address, String host, int port) {
        assertThat(WireFigures.host(address)).isEqualTo(host);
        assertThat(WireFigures.port(address)).isEqualTo(port);
    }
}
