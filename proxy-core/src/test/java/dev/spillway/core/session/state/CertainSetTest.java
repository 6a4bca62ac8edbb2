package dev.spillway.core.session.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CertainSetTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "set statement_timeout = 30000                | statement_timeout | 30000",
                "SET statement_timeout TO '30s';              | statement_timeout | 30s",
                "SET SESSION Statement_Timeout='5 min' ;      | statement_timeout | 5 min",
                "set work_mem='64MB'                          | work_mem          | 64MB",
                "set enable_seqscan to OFF                    | enable_seqscan    | off",
                "set random_page_cost = 1.1                   | random_page_cost  | 1.1",
                "set extra_float_digits = -15                 | extra_float_digits| -15",
                "set timezone = 'Europe/Berlin'               | timezone          | Europe/Berlin",
                "set app.tenant = 'Acme & Co; set x = 1'      | app.tenant        | Acme & Co; set x = 1",
                "set session.user to 42                       | session.user      | 42",
                "set lock_timeout = -1                        | lock_timeout      | -1",
            })
    void itIsKnownWhatIsMade(String text, String name, String value) {
        assertThat(of(text)).isEqualTo(new CertainSet(name, value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set work_mem to default",
                "set work_mem from current",
                "set work_mem = '1MB', '2MB'",
                "set work_mem = '1MB' '2MB'",
                "set work_mem = 0x10",
                "set work_mem = 010",
                "set work_mem = 1_000",
                "set work_mem = 10000000000",
                "set work_mem = -0",
                "set work_mem = ''",
                "set work_mem = '1''MB'",
                "set work_mem = '1\\MB'",
                "set work_mem = E'1MB'",
                "set work_mem = '1MB' -- so",
                "/* so */ set work_mem = '1MB'",
                "set work_mem = '1MB'; select 1",
                "set work_mem = '1MB';;",
                "set local work_mem = '1MB'",
                "reset work_mem",
                "select set_config('work_mem', '1MB', false)",
                "set search_path = app",
                "set search_path = 'a, b'",
                "set datestyle = 'ISO'",
                "set client_encoding = 'UTF8'",
                "set role = 'admin'",
                "set role to admin",
                "set session authorization 'admin'",
                "set time zone 'UTC'",
                "set names 'UTF8'",
                "set transaction_read_only = on",
                "set xmloption = content",
                "set seed = 0.5",
                "set session_replication_role = replica",
                "set temp_buffers = 100",
                "set \"work_mem\" = '1MB'",
                "set app.t\u00e4nant = '1'",
                "set app.tenant = '\u00e4'",
                "set app.a.b = '1'",
                "set app.tenant = \"A\"",
                "set app.tenant = $1",
                "set statement_timeout = '1.5ms'",
                "set statement_timeout = '0x10'",
                "set statement_timeout = '1e-3s'",
                "set statement_timeout = '010'",
                "set statement_timeout = 0.5",
            })
    void whateverIsNotWhollyCertainHasToBeAsked(String text) {
        assertThat(of(text)).isNull();
    }

    @Test
    void aLongTextIsNotLookedAt() {
        assertThat(of("set app.tenant = '" + "x".repeat(300) + "'")).isNull();
    }

    @Test
    void aNameThatPostgresqlWouldCutIsNotCertain() {
        assertThat(of("set app." + "x".repeat(64) + " = 1")).isNull();
        assertThat(of("set app.tenant = " + "x".repeat(64))).isNull();
    }

    @Test
    void onlyOneOfTheApplicationsOwnMayBeForbidden() {
        assertThat(new CertainSet("work_mem", "1MB").isOfAnyone()).isTrue();
        assertThat(new CertainSet("app.tenant", "1").isOfAnyone()).isFalse();
    }

    private static @Nullable CertainSet of(String text) {
        ByteBuf bytes = Unpooled.copiedBuffer(text + "\0", StandardCharsets.UTF_8);
        CertainSet found = CertainSet.of(bytes, 0, bytes.readableBytes());
        bytes.release();
        return found;
    }
}
