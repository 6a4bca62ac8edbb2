package dev.spillway.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DidYouMeanTest {
    @ParameterizedTest
    @CsvSource({
        "defalt_pool_size, default_pool_size",
        "pool_mdoe, pool_mode",
        "listen_prot, listen_port",
        "server_life_time, server_lifetime",
        "max_client_conns, max_client_conn",
        "listenport, listen_port"
    })
    void misspeltSettingIsRecognised(String written, String meant) {
        assertThat(DidYouMean.closest(
                        written, Settings.global().stream().map(Setting::name).toList()))
                .isEqualTo(meant);
    }

    @Test
    void strangerHasNoClosestName() {
        assertThat(DidYouMean.closest("xyzzy", List.of("listen_port", "pool_mode")))
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', 0",
        "abc, '', 3",
        "abc, abc, 0",
        "abc, acb, 1",
        "abc, abd, 1",
        "abc, ab, 1",
        "kitten, sitting, 3"
    })
    void distanceCountsEdits(String a, String b, int expected) {
        assertThat(DidYouMean.distance(a, b)).isEqualTo(expected);
        assertThat(DidYouMean.distance(b, a)).isEqualTo(expected);
    }
}
