package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.protocol.backend.ErrorFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Layer (c): what refusals mean. The functions are those that PostgreSQL 15 to 18 names. */
class ObstacleTest {
    @ParameterizedTest
    @CsvSource({
        "53300, InitProcess,             HOST_FULL",
        "53300, InitPostgres,            HOST_FULL",
        "53300, ProcessStartupPacket,    HOST_FULL",
        "53300, BackendInitialize,       HOST_FULL",
        "53300, '',                      HOST_FULL",
        "53300, InitializeSessionUserId, ROLE_FULL",
        "53300, CheckMyDatabase,         DATABASE_FULL",
        "57P03, ProcessStartupPacket,    NOT_NOW",
        "28P01, auth_failed,             FORBIDDEN",
        "28000, InitializeSessionUserId, FORBIDDEN",
        "3D000, InitPostgres,            FORBIDDEN",
        "42501, CheckMyDatabase,         FORBIDDEN",
        "55000, CheckMyDatabase,         OTHER",
        "08006, '',                      OTHER",
    })
    void theFunctionThatRefusedSaysWhatIsFull(String sqlstate, String routine, Obstacle obstacle) {
        ErrorFields error = ErrorFields.of("FATAL", sqlstate, "verbindung abgelehnt");
        assertThat(Obstacle.of(routine.isEmpty() ? error : error.with('R', routine)))
                .isEqualTo(obstacle);
    }

    @ParameterizedTest
    @EnumSource
    void onlyANumberThatIsUsedUpIsFullness(Obstacle obstacle) {
        assertThat(obstacle.isFull()).isEqualTo(obstacle.name().endsWith("_FULL"));
    }

    @Test
    void eachKindOfFullnessHasALimitOfItsOwn() {
        HostCaps caps = HostCaps.alone();
        assertThat(caps.of(Obstacle.HOST_FULL)).isSameAs(caps.host());
        assertThat(caps.of(Obstacle.ROLE_FULL)).isSameAs(caps.role());
        assertThat(caps.of(Obstacle.DATABASE_FULL)).isSameAs(caps.database());
    }
}
