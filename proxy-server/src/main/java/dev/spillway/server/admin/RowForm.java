package dev.spillway.server.admin;

import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.stats.Table.Column;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** How rows go to a client: as the rows of a result, or copied to it. Stateless; every method borrows {@code out}. */
interface RowForm {
    /** A result's rows as text. */
    RowForm TEXT = rows(column -> false);

    /** Lines of COPY, which psql prints as they come; those of a result it keeps until the last is there. */
    RowForm COPY = new RowForm() {
        @Override
        public void begin(ByteBuf out, List<Column> columns) {
            BackendMessages.copyOutResponse(out, columns.size());
        }

        @Override
        public void write(ByteBuf out, List<Column> columns, List<@Nullable String> row) {
            TableOutput.copyLine(out, row);
        }

        @Override
        public void end(ByteBuf out, String tag, int rows) {
            BackendMessages.bare(out, BackendType.COPY_DONE);
            BackendMessages.commandComplete(out, "COPY " + rows);
        }
    };

    /** What stands before the first row. */
    void begin(ByteBuf out, List<Column> columns);

    void write(ByteBuf out, List<Column> columns, List<@Nullable String> row);

    /** What stands behind the last of so many. */
    void end(ByteBuf out, String tag, int rows);

    /** A result's rows, some of whose columns are in binary format. */
    static RowForm rows(IntPredicate isBinary) {
        return new RowForm() {
            @Override
            public void begin(ByteBuf out, List<Column> columns) {
                TableOutput.rowDescription(out, columns, isBinary);
            }

            @Override
            public void write(ByteBuf out, List<Column> columns, List<@Nullable String> row) {
                TableOutput.dataRow(out, columns, row, isBinary);
            }

            @Override
            public void end(ByteBuf out, String tag, int rows) {
                BackendMessages.commandComplete(out, tag);
            }
        };
    }
}
