package dev.spillway.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PgBouncerLayoutTest {
    @ParameterizedTest
    @CsvSource({
        "UTC, 2026-07-01 12:00:00.123 UTC",
        "Etc/UTC, 2026-07-01 12:00:00.123 UTC",
        "Z, 2026-07-01 12:00:00.123 UTC",
        "GMT, 2026-07-01 12:00:00.123 GMT",
        "Europe/Berlin, 2026-07-01 14:00:00.123 CEST",
        "America/New_York, 2026-07-01 08:00:00.123 EDT",
    })
    void theTimeNamesItsZoneInShort(String zone, String time) {
        Instant at = Instant.parse("2026-07-01T12:00:00.123Z");
        assertThat(PgBouncerLayout.time(ZoneId.of(zone)).format(at)).isEqualTo(time);
    }
}
