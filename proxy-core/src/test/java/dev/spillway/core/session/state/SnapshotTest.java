package dev.spillway.core.session.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layer (a): what a snapshot is made of, in which order it is put into force, and what of it may stay. */
class SnapshotTest {
    @Test
    void changesReplaceWhateverTheCaseOfTheName() {
        Snapshot before = Snapshot.of(Map.of("DateStyle", "German", "TimeZone", "UTC"));
        Snapshot after = before.with(Map.of("datestyle", Optional.of("ISO"), "timezone", Optional.empty()));
        assertThat(after).isEqualTo(Snapshot.of(Map.of("datestyle", "ISO")));
        assertThat(after.with(Map.of("datestyle", Optional.empty()))).isEqualTo(Snapshot.NEUTRAL);
    }

    @Test
    void roleComesBehindSessionAuthorizationAndBothBehindAllOthers() {
        Snapshot snapshot = Snapshot.of(Map.of("role", "r", "session_authorization", "s", "zzz.last", "z"));
        assertThat(snapshot.settings().keySet()).containsExactly("zzz.last", "session_authorization", "role");
    }

    @Test
    void cleaningComesBehindTheResetOfWhatCouldBeInItsWay() {
        String sql = Snapshot.NEUTRAL.restoreSql(StateKind.LOCKS.bit | StateKind.CHANNELS.bit);
        assertThat(sql).contains("RESET ALL;UNLISTEN *;SELECT pg_catalog.pg_advisory_unlock_all();COMMIT");
        assertThat(Snapshot.NEUTRAL.restoreSql()).doesNotContain("UNLISTEN");
    }

    @Test
    void whatSetUnderstandsIsSetAndTheRestIsCalledBehindItButIdentityLast() {
        Snapshot snapshot = Snapshot.of(Map.of(
                "App.Tenant", "42", "search_path", "a, b", "work_mem", "7MB", "app.who", "it's me", "role", "r"));
        assertThat(snapshot.restoreSql())
                .isEqualTo("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY NOT DEFERRABLE;"
                        + "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;"
                        + "SET \"App\".\"Tenant\" TO '42';SET \"work_mem\" TO '7MB';"
                        + "SELECT pg_catalog.set_config('app.who'," + Snapshot.text("it's me") + ",false),"
                        + "pg_catalog.set_config('search_path','a, b',false);"
                        + "SET \"role\" TO 'r';COMMIT");
    }

    /** No statement in it takes a snapshot, so the isolation does not matter. */
    @Test
    void utilityStatementsNeedNoIsolationOfTheirOwn() {
        assertThat(Snapshot.of(Map.of("TimeZone", "UTC")).restoreSql(StateKind.CHANNELS.bit | StateKind.SETTINGS.bit))
                .startsWith("BEGIN;RESET");
        assertThat(Snapshot.NEUTRAL.restoreSql(StateKind.LOCKS.bit)).startsWith(Snapshot.BEGIN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Search_Path", "temp_tablespaces", "app.zwölf", "app.x y", "a.", "app.\"x"})
    void whatSetWouldReadOtherwiseIsCalled(String name) {
        assertThat(Snapshot.of(Map.of(name, "a")).restoreSql())
                .contains("SELECT pg_catalog.set_config(")
                .doesNotContain("SET \"");
    }

    @Test
    void aNameThatAnIdentifierHasNoRoomForIsCalled() {
        assertThat(Snapshot.of(Map.of("app." + "x".repeat(63), "1")).restoreSql())
                .contains("SET \"app\".\"xxx");
        assertThat(Snapshot.of(Map.of("app." + "x".repeat(64), "1")).restoreSql())
                .contains("set_config");
    }

    /** A quote, a backslash and what is no ASCII are read differently by one session and another, or end the literal. */
    @ParameterizedTest
    @ValueSource(strings = {"it's", "a\\b", "zwölf", "a\nb", "\t", "\u007f", "\u0000"})
    void whatALiteralMayNotHoldGoesAsDigits(String value) {
        String hex = HexFormat.of().formatHex(value.getBytes(StandardCharsets.UTF_8));
        assertThat(Snapshot.text(value))
                .isEqualTo("pg_catalog.convert_from(pg_catalog.decode('" + hex + "','hex'),'UTF8')");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7MB", "\"$user\", public", "a;b--c/*~"})
    void anyOtherIsALiteral(String value) {
        assertThat(Snapshot.text(value)).isEqualTo("'" + value + "'");
    }

    @ParameterizedTest
    @CsvSource({
        "statement_timeout, 1, false",
        "statement_timeout, 999ms, false",
        "statement_timeout, 0.5s, false",
        "statement_timeout, 500us, false",
        "statement_timeout, 30s, true",
        "statement_timeout, 30000, true",
        "statement_timeout, 0, true",
        "idle_session_timeout, 30min, false",
        "transaction_timeout, 30s, false",
        "work_mem, 1, true",
    })
    void whatEndsOthersMayNotStay(String name, String value, boolean mayStay) {
        assertThat(Snapshot.of(Map.of(name, value)).mayStay()).isEqualTo(mayStay);
    }
}
