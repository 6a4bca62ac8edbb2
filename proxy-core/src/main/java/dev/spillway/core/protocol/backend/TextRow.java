package dev.spillway.core.protocol.backend;

import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The columns of a DataRow that come as text in UTF-8. */
public final class TextRow {
    private TextRow() {}

    /**
     * All of them; null stands for NULL.
     *
     * @throws ProtocolViolation if {@code body} is no row
     */
    public static List<@Nullable String> read(MessageCursor body) {
        int count = body.readShort();
        List<@Nullable String> columns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            columns.add(readColumn(body));
        }
        return columns;
    }

    /** The next one. */
    public static @Nullable String readColumn(MessageCursor body) {
        int length = body.readInt();
        return length == -1 ? null : new String(body.readBytes(length), StandardCharsets.UTF_8);
    }
}
