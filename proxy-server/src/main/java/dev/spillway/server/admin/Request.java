package dev.spillway.server.admin;

import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.stats.Table;
import dev.spillway.core.stats.Table.Column;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a text asks of the console, before any of it is done. Immutable; may be carried out several times. */
sealed interface Request {
    /** It cannot be asked for. */
    record Refusal(ErrorFields error) implements Request {}

    /** Nothing but blanks. */
    record Nothing() implements Request {}

    /** The beginning or the end of a transaction, which drivers may insist on; it is one of nothing. */
    record Block(String tag, boolean isOpen) implements Request {}

    /** Messages up to CommandComplete, without rows. */
    record Telling(Consumer<ByteBuf> writer) implements Request {}

    /** Rows. */
    record Showing(ShowCommands.Answer answer) implements Request {}

    /** Rows that come while they happen; {@code isCopied}: as lines of COPY. */
    record Watching(Supplier<CompletableFuture<TraceFeed>> begin, boolean isCopied) implements Request {}

    /** Something is to be done. */
    record Acting(Deed deed) implements Request {}

    /** Begins what is asked for. */
    interface Deed {
        CompletableFuture<ActingCommands.Answer> begin();
    }

    /** The columns of its rows; none: there are no rows. */
    default List<Column> columns() {
        return switch (this) {
            case Showing(ShowCommands.Answer answer) -> answer.columns();
            case Watching watching -> watching.isCopied ? List.of() : TraceFeed.COLUMNS;
            case Refusal refusal -> List.of();
            case Nothing nothing -> List.of();
            case Block block -> List.of();
            case Telling telling -> List.of();
            case Acting acting -> List.of();
        };
    }

    /** One row of one column that is known beforehand. */
    static Request cell(String column, Table.Type type, @Nullable String value) {
        Table table = Table.of(column, type, value);
        return new Showing(new ShowCommands.Now(() -> table));
    }
}
