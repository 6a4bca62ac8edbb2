package dev.spillway.server.admin;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.MessageWriter;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.session.Refused;
import dev.spillway.core.stats.Table;
import dev.spillway.core.stats.Table.Column;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes tables in PostgreSQL's formats: text, and for clients that ask for it binary. Stateless; every method borrows {@code
 * out}.
 *
 * <p>Source of the binary formats: the {@code …send} functions in {@code src/backend/utils/adt/}.
 */
final class TableOutput {
    private static final int DIGITS_PER_GROUP = 4;
    private static final BigInteger GROUP = BigInteger.valueOf(10_000);
    private static final int NEGATIVE = 0x4000;
    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    private TableOutput() {}

    static void rowDescription(ByteBuf out, List<Column> columns, IntPredicate isBinary) {
        BackendMessages.rowDescription(
                out,
                columns.stream().map(Column::name).toList(),
                columns.stream().map(column -> column.type().oid()).toList(),
                isBinary);
    }

    /**
     * A row.
     *
     * @throws Refused if a number does not fit into the binary form of its type; nothing is written then
     */
    static void dataRow(ByteBuf out, List<Column> columns, List<@Nullable String> cells, IntPredicate isBinary) {
        int begin = out.writerIndex();
        int at = MessageWriter.begin(out, BackendType.DATA_ROW);
        out.writeShort(cells.size());
        for (int i = 0; i < cells.size(); i++) {
            String cell = cells.get(i);
            if (cell == null) {
                out.writeInt(-1);
            } else if (isBinary.test(i)) {
                try {
                    binary(out, columns.get(i).type(), cell);
                } catch (NumberFormatException e) {
                    out.writerIndex(begin);
                    throw new Refused(ProxyError.CONSOLE_NUMBER_TOO_LARGE.fields(
                            cell, columns.get(i).name()));
                }
            } else {
                text(out, cell);
            }
        }
        MessageWriter.end(out, at);
    }

    /**
     * A row as a line of COPY, in a message of its own.
     *
     * <p>Source: PostgreSQL documentation, COPY, "Text Format".
     */
    static void copyLine(ByteBuf out, List<@Nullable String> cells) {
        int at = MessageWriter.begin(out, BackendType.COPY_DATA);
        for (int i = 0; i < cells.size(); i++) {
            String cell = cells.get(i);
            ByteBufUtil.writeUtf8(out, cell == null ? "\\N" : escaped(cell));
            out.writeByte(i < cells.size() - 1 ? '\t' : '\n');
        }
        MessageWriter.end(out, at);
    }

    private static String escaped(String cell) {
        return cell.replace("\\", "\\\\")
                .replace("\t", "\\t")
                .replace("\n", "\\n")
                .replace("\r", "\\r");
    }

    private static void text(ByteBuf out, String cell) {
        out.writeInt(ByteBufUtil.utf8Bytes(cell));
        ByteBufUtil.writeUtf8(out, cell);
    }

    private static void binary(ByteBuf out, Table.Type type, String cell) {
        switch (type) {
            case TEXT -> text(out, cell);
            case INT4 -> out.writeInt(Integer.BYTES).writeInt(Integer.parseInt(cell));
            case INT8 -> out.writeInt(Long.BYTES).writeLong(Long.parseLong(cell));
            case BOOL -> out.writeInt(1).writeByte(cell.equals("t") ? 1 : 0);
            case TIMESTAMPTZ -> out.writeInt(Long.BYTES).writeLong(EPOCH.until(Table.moment(cell), ChronoUnit.MICROS));
            case NUMERIC -> numeric(out, new BigDecimal(cell));
        }
    }

    /** Groups of four decimal digits, the first of which has the weight 10,000 to the power that is told. */
    private static void numeric(ByteBuf out, BigDecimal value) {
        int scale = Math.max(0, value.scale());
        int fraction = (scale + DIGITS_PER_GROUP - 1) / DIGITS_PER_GROUP;
        List<Short> groups = new ArrayList<>();
        BigInteger rest =
                value.abs().movePointRight(fraction * DIGITS_PER_GROUP).toBigIntegerExact();
        for (; rest.signum() != 0; rest = rest.divide(GROUP)) {
            groups.addFirst(rest.mod(GROUP).shortValueExact());
        }
        int weight = groups.size() - fraction - 1;
        while (!groups.isEmpty() && groups.getLast() == 0) {
            groups.removeLast();
        }
        out.writeInt(Short.BYTES * (4 + groups.size()));
        out.writeShort(groups.size()).writeShort(groups.isEmpty() ? 0 : weight);
        out.writeShort(value.signum() < 0 ? NEGATIVE : 0).writeShort(scale);
        groups.forEach(out::writeShort);
    }
}
