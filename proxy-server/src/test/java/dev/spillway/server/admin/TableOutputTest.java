package dev.spillway.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.session.Refused;
import dev.spillway.core.stats.Table;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableOutputTest {
    /** The same bytes as psycopg sends for these values; PostgreSQL reads and writes one form. */
    @ParameterizedTest
    @CsvSource({
        "INT4, -2, fffffffe",
        "INT8, 4294967296, 0000000100000000",
        "BOOL, t, 01",
        "BOOL, f, 00",
        "TEXT, ä, c3a4",
        "TIMESTAMPTZ, 2000-01-01 00:00:01.500+00, 000000000016e360",
        "TIMESTAMPTZ, 1999-12-31 23:59:59.000+00, fffffffffff0bdc0",
        "NUMERIC, 0, 0000000000000000",
        "NUMERIC, 1, 00010000000000000001",
        "NUMERIC, 10000, 00010001000000000001",
        "NUMERIC, 12345678, 000200010000000004d2162e",
        "NUMERIC, 100000000, 00010002000000000001",
        "NUMERIC, -42, 0001000040000000002a",
        "NUMERIC, 0.5, 0001ffff000000011388",
        "NUMERIC, 12.345, 0002000000000003000c0d7a",
        "NUMERIC, 0.00001, 0001fffe0000000503e8",
        "NUMERIC, 18446744073709551616, 000500040000000007341a5802e103bb0650",
    })
    void binaryFormsArePostgres(Table.Type type, String text, String hex) {
        ByteBuf out = Unpooled.buffer();
        Table table = Table.of("x", type, text);
        TableOutput.dataRow(out, table.columns(), table.rows().getFirst(), column -> true);
        int length = hex.length() / 2;
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("44%08x0001%08x%s".formatted(4 + 2 + 4 + length, length, hex));
    }

    @Test
    void nullIsNoValueInEitherForm() {
        Table table = new Table(
                List.of(new Table.Column("a", Table.Type.NUMERIC), new Table.Column("b", Table.Type.TEXT)),
                List.of(Arrays.asList(null, null), Collections.nCopies(2, "7")));
        ByteBuf out = Unpooled.buffer();
        TableOutput.dataRow(out, table.columns(), table.rows().get(0), column -> column == 0);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("440000000e0002ffffffffffffffff");
        TableOutput.dataRow(out.clear(), table.columns(), table.rows().get(1), column -> column == 1);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("44000000100002" + "0000000137" + "0000000137");
    }

    @Test
    void lineOfCopyHasNothingInItThatEndsOne() {
        ByteBuf out = Unpooled.buffer();
        TableOutput.copyLine(out, Arrays.asList("a\tb\\c", null, "d\ne\r", "ä"));
        String line = "a\\tb\\\\c\t\\N\td\\ne\\r\tä\n";
        assertThat(out.readByte()).isEqualTo((byte) 'd');
        assertThat(out.readInt()).isEqualTo(4 + out.readableBytes());
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(line);
    }

    @Test
    void numberThatDoesNotFitIsRefusedAndNothingIsWritten() {
        ByteBuf out = Unpooled.buffer().writeByte(1);
        Table table = Table.of("big", Table.Type.INT4, "2147483648");
        assertThatThrownBy(() ->
                        TableOutput.dataRow(out, table.columns(), table.rows().get(0), column -> true))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.error().sqlstate()).isEqualTo("22003"));
        assertThat(out.readableBytes()).isOne();
        TableOutput.dataRow(out, table.columns(), table.rows().get(0), column -> false);
        assertThat(out.readableBytes()).isGreaterThan(1);
    }
}
