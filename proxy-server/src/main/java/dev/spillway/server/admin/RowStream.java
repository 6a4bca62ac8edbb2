package dev.spillway.server.admin;

import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.Refused;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Rows on their way to the client of the console, which gets each as soon as it is there, up to as many as it has asked for. Used
 * by one thread at a time: the lane of the console, which is not to be kept by thousands of rows, and in between whoever makes a
 * portion of them.
 */
final class RowStream {
    private static final int PORTION = 100;

    private final RowSource source;
    private final RowForm form;
    private final Consumer<Consumer<ByteBuf>> done;
    private final Consumer<ErrorFields> failed;
    private final boolean isLimited;
    private int left;
    private int written;
    private @Nullable ErrorFields failure;

    /**
     * @param most 0, or less: all
     * @param done takes what writes the end, up to CommandComplete or what stands in its place; {@code failed} the error, if there is
     *     one
     */
    RowStream(
            RowSource source, RowForm form, int most, Consumer<Consumer<ByteBuf>> done, Consumer<ErrorFields> failed) {
        this.source = source;
        this.form = form;
        this.done = done;
        this.failed = failed;
        this.isLimited = most > 0;
        this.left = isLimited ? most : Integer.MAX_VALUE;
    }

    RowSource source() {
        return source;
    }

    /** Is there anything to write now? */
    boolean hasRows() {
        return left > 0 && failure == null && source.hasRows();
    }

    /** Writes a portion of what there is. Never fails: what goes wrong is its client's to know. */
    void write(ByteBuf out) {
        int begin = out.writerIndex();
        try {
            writePortion(out);
        } catch (Refused e) {
            failure = e.error();
        } catch (RuntimeException e) {
            out.writerIndex(begin);
            failure = ErrorFields.of("ERROR", Sqlstate.INTERNAL_ERROR, e.toString());
        }
    }

    private void writePortion(ByteBuf out) {
        for (int i = 0; i < PORTION && left > 0; i++) {
            List<@Nullable String> row = source.poll();
            if (row == null) {
                return;
            }
            form.write(out, source.columns(), row);
            left--;
            written++;
        }
    }

    boolean isDone() {
        return left == 0 || failure != null || source.isDrained();
    }

    /** It is done. */
    void end() {
        if (failure != null) {
            failed.accept(failure);
        } else if (isLimited && left == 0) {
            done.accept(out -> BackendMessages.bare(out, BackendType.PORTAL_SUSPENDED));
        } else {
            done.accept(this::end);
        }
    }

    private void end(ByteBuf out) {
        if (!source.why().isEmpty()) {
            ErrorFields.of("NOTICE", Sqlstate.SUCCESSFUL_COMPLETION, source.why())
                    .writeNotice(out);
        }
        form.end(out, source.tag(), written);
    }
}
