package dev.spillway.core.session.prepared;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForgettingTest {
    private static ByteBuf text(String sql) {
        return Unpooled.wrappedBuffer(sql.getBytes(UTF_8));
    }

    private static @Nullable String onlyName(String sql) {
        ByteBuf text = text(sql);
        byte[] name = Forgetting.onlyName(text, 0, text.readableBytes());
        return name == null ? null : new String(name, UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"deallocate all", "DISCARD ALL", "select 1;Discard all", "/* */dealLocate x", "select 'discard'"
            })
    void wordAnywhereIsSuspected(String sql) {
        assertThat(Forgetting.isPossible(text(sql), 0, text(sql).readableBytes()))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "select 1", "delete from d", "deallocat", "discar", "ddeallocat e"})
    void nothingElseIs(String sql) {
        assertThat(Forgetting.isPossible(text(sql), 0, text(sql).readableBytes()))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "deallocate s1                 | s1",
                "DEALLOCATE PREPARE S_1;       | s_1",
                "` deallocate \t\n a$1 ; `     | a$1",
                "deallocate \"S 1\"            | S 1",
                "deallocate\"S\"\"1\"          | S\"1",
                "deallocate prepare            | prepare",
                "deallocate prepare;           | prepare",
                "deallocate \"all\"            | all",
                "deallocate \"é\"              | é",
            })
    void nameIsReadAsPostgresqlReadsIt(String sql, String name) {
        assertThat(onlyName(sql)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "deallocate all",
                "DEALLOCATE PREPARE ALL;",
                "deallocates1",
                "deallocate",
                "deallocate s1; select 1",
                "deallocate s1 s2",
                "deallocate \"s1",
                "deallocate \"\"",
                "deallocate é",
                "select 1",
                "deallocate 1s",
                "/* */ deallocate s1"
            })
    void anythingElseHasNone(String sql) {
        assertThat(onlyName(sql)).isNull();
    }
}
