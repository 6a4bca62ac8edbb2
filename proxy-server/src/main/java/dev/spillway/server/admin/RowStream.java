package dev.spillway.server.admin;

import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a trace on their way to the client of the console, which gets each when it has been found, up to as many as it has
 * asked for. Confined to the lane of the console.
 */
final class RowStream {
    private static final int PORTION = 100;

    private final TraceFeed feed;
    private final IntPredicate isBinary;
    private final Consumer<Consumer<ByteBuf>> done;
    private final boolean isLimited;
    private int left;

    /**
     * @param most 0, or less: all
     * @param done takes what writes the end, up to CommandComplete or what stands in its place
     */
    RowStream(TraceFeed feed, IntPredicate isBinary, int most, Consumer<Consumer<ByteBuf>> done) {
        this.feed = feed;
        this.isBinary = isBinary;
        this.done = done;
        this.isLimited = most > 0;
        this.left = isLimited ? most : Integer.MAX_VALUE;
    }

    TraceFeed feed() {
        return feed;
    }

    /** Is there anything to write now? */
    boolean hasRows() {
        return left > 0 && feed.hasRows();
    }

    /** Writes some of what there is. */
    void write(ByteBuf out) {
        for (int i = 0; i < PORTION && left > 0; i++) {
            List<@Nullable String> row = feed.poll();
            if (row == null) {
                return;
            }
            TableOutput.dataRow(out, TraceFeed.COLUMNS, row, isBinary);
            left--;
        }
    }

    boolean isDone() {
        return left == 0 || feed.isDrained();
    }

    /** It is done. */
    void end() {
        done.accept(
                isLimited && left == 0 ? out -> BackendMessages.bare(out, BackendType.PORTAL_SUSPENDED) : this::end);
    }

    private void end(ByteBuf out) {
        if (!feed.why().isEmpty()) {
            ErrorFields.of("NOTICE", Sqlstate.SUCCESSFUL_COMPLETION, feed.why()).writeNotice(out);
        }
        BackendMessages.commandComplete(out, TraceCommand.TAG);
    }
}
