package dev.spillway.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.stats.Table;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Rows of a table on their way to a client of the console. */
class RowStreamTest {
    private final List<Consumer<ByteBuf>> ends = new ArrayList<>();
    private final List<ErrorFields> failures = new ArrayList<>();

    private static Table table(int rows, String cell) {
        return new Table(List.of(new Table.Column("x", Table.Type.INT4)), Collections.nCopies(rows, List.of(cell)));
    }

    private RowStream stream(Table table, boolean isBinary, int most) {
        return new RowStream(new TableRows(table), RowForm.rows(column -> isBinary), most, ends::add, failures::add);
    }

    private static int rows(RowStream stream) {
        ByteBuf out = Unpooled.buffer();
        stream.write(out);
        return out.readableBytes() / 12;
    }

    private String end(RowStream stream) {
        stream.end();
        ByteBuf out = Unpooled.buffer();
        ends.removeFirst().accept(out);
        return String.valueOf((char) out.readByte());
    }

    @Test
    void manyRowsGoInPortions() {
        RowStream stream = stream(table(250, "7"), false, 0);
        assertThat(rows(stream)).isEqualTo(100);
        assertThat(rows(stream)).isEqualTo(100);
        assertThat(stream.isDone()).isFalse();
        assertThat(rows(stream)).isEqualTo(50);
        assertThat(stream.isDone()).isTrue();
        assertThat(end(stream)).isEqualTo("C");
    }

    @Test
    void whoWantsSomeGetsAsManyAcrossPortionsAndNoMore() {
        RowStream stream = stream(table(250, "7"), false, 130);
        assertThat(rows(stream) + rows(stream)).isEqualTo(130);
        assertThat(stream.hasRows()).isFalse();
        assertThat(stream.isDone()).isTrue();
        assertThat(end(stream)).isEqualTo("s");
    }

    @Test
    void numberThatDoesNotFitEndsItWithAnError() {
        RowStream stream = stream(table(3, "2147483648"), true, 0);
        assertThat(rows(stream)).isZero();
        assertThat(stream.hasRows()).isFalse();
        assertThat(stream.isDone()).isTrue();
        stream.end();
        assertThat(ends).isEmpty();
        assertThat(failures).extracting(ErrorFields::sqlstate).containsExactly("22003");
    }

    @Test
    void defectOfARowIsToldAndNothingHangs() {
        Table broken = new Table(table(0, "").columns(), List.of(List.of("1", "a column too many")));
        RowStream stream = stream(broken, true, 0);
        ByteBuf out = Unpooled.buffer().writeByte(1);
        stream.write(out);
        assertThat(out.readableBytes()).isOne();
        assertThat(stream.isDone()).isTrue();
        stream.end();
        assertThat(failures).extracting(ErrorFields::sqlstate).containsExactly("XX000");
    }
}
