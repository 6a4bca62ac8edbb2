package dev.spillway.core.session.prepared;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatementTextTest {
    private static byte[] body(String sql) {
        return (sql + "\0\0\0").getBytes(UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "commit",
                "  END",
                "ROLLBACK TO s",
                "abort",
                "prepare transaction 'x'",
                "",
                " ",
                "-- c",
                "/* open",
                "/* a /* b */ c */ commit",
                "-- x\ncommit",
                "; commit"
            })
    void whatMayEndATransactionIsKnown(String sql) {
        assertThat(StatementText.mayWorkWhenFailed(body(sql))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"select 1", "(select 1)", "/* commit */ select 1", "-- commit\nselect 1", "commitment", "begin"})
    void whatCannotIsKnown(String sql) {
        assertThat(StatementText.mayWorkWhenFailed(body(sql))).isFalse();
    }

    @Test
    void whatPointsToOtherStatementsHasAnyColumns() {
        assertThat(StatementText.hasAnyColumns(body("/* x */ EXECUTE s"))).isTrue();
        assertThat(StatementText.hasAnyColumns(body("fetch 1 from c"))).isTrue();
        assertThat(StatementText.hasAnyColumns(body("select 1"))).isFalse();
    }

    @Test
    void contextIsThatOfWhatTheTextIsReadUnder() {
        Map<String, String> reported = Map.of("DateStyle", "ISO, DMY", "TimeZone", "UTC", "client_encoding", "UTF8");
        assertThat(ParseContext.of(body("select $1"), reported, Map.of())).isEmpty();
        List<String> literal = ParseContext.of(body("select '1'"), reported, Map.of());
        assertThat(literal).contains("ISO, DMY", "UTC").doesNotContain("UTF8");
        assertThat(ParseContext.of(body("select $$1$$"), reported, Map.of())).isEqualTo(literal);
        assertThat(ParseContext.of(body("select é"), reported, Map.of()))
                .contains("UTF8")
                .doesNotContain("UTC");
        assertThat(ParseContext.of(body("select $1"), reported, Map.of("transform_null_equals", "on")))
                .containsExactly("on", "");
        assertThat(ParseContext.of(body("select '{null}'"), reported, Map.of("array_nulls", "off")))
                .contains("off");
    }

    @Test
    void sameTextUnderOtherSettingsIsAnotherStatement() {
        StatementStore store = new StatementStore();
        StatementKey key = new StatementKey(body("select 'x'"), List.of("a"));
        Statement statement = store.intern(key, 0);
        assertThat(store.intern(new StatementKey(body("select 'x'"), List.of("a")), 9))
                .isSameAs(statement);
        assertThat(store.intern(key.under(List.of("b")), 0)).isNotSameAs(statement);
        assertThat(store.size()).isEqualTo(2);
        store.release(statement);
        assertThat(store.size()).isEqualTo(2);
        store.release(statement);
        assertThat(store.size()).isOne();
    }
}
