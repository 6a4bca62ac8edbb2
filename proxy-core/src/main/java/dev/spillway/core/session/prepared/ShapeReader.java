package dev.spillway.core.session.prepared;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.backend.BackendType;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Reads the shape of a {@link Plan} from the answer to its Describe, piece by piece: a hash of what PostgreSQL compares to say that a
 * result type has changed ({@code equalRowTypes()}), and of the types of parameters. Neither the table that a column comes from is
 * part of it, which another table of the same columns may replace, nor the format. One per server, called on its lane; it borrows what it is given.
 */
final class ShapeReader {
    private static final long START = 0xcbf29ce484222325L;
    private static final long FACTOR = 0x100000001b3L;
    private static final int COUNT_BYTES = 2;
    /** What follows a column's name: table (4), number in it (2), type (4), length (2), modifier (4), format (2). */
    private static final int COLUMN_BYTES = 18;

    private static final int TYPE_AT = 6;
    private static final int FORMAT_AT = 16;

    /** What the hash is made of so far belongs to its Describe. */
    private @Nullable Plan plan;

    private long hash;
    private boolean isInside;
    private boolean isOfRows;
    private int toCount;
    /** Where in what follows a name; -1 in the name. */
    private int at;

    /** Is the rest of a message to come that is read here? */
    boolean isInside() {
        return isInside;
    }

    /** The current frame, which is no continuation, is a part of the answer to the Describe of {@code described}. */
    @SuppressWarnings("ReferenceEquality") // one per Parse
    void begin(FrameReader frames, Plan described) {
        byte type = frames.type();
        if (type == BackendType.PARAMETER_DESCRIPTION || plan != described) {
            plan = described;
            hash = START;
        }
        add(type);
        isOfRows = type == BackendType.ROW_DESCRIPTION;
        toCount = COUNT_BYTES;
        at = -1;
        read(frames, frames.start() + FrameReader.HEADER_BYTES);
    }

    /** More of it. */
    void goOn(FrameReader frames) {
        read(frames, frames.start());
    }

    private void read(FrameReader frames, int from) {
        ByteBuf buffer = frames.buffer();
        for (int i = from; i < frames.end(); i++) {
            byte b = buffer.getByte(i);
            if (!isOfRows || isOfShape(b)) {
                add(b);
            }
        }
        isInside = !frames.isComplete();
        if (!isInside && frames.type() != BackendType.PARAMETER_DESCRIPTION && plan != null) {
            plan.learn(hash == 0 ? 1 : hash);
            plan = null;
        }
    }

    private boolean isOfShape(byte b) {
        if (toCount > 0) {
            toCount--;
            return true;
        }
        if (at < 0) {
            at = b == 0 ? 0 : -1;
            return true;
        }
        boolean isOfShape = at >= TYPE_AT && at < FORMAT_AT;
        at = at == COLUMN_BYTES - 1 ? -1 : at + 1;
        return isOfShape;
    }

    private void add(byte b) {
        hash = (hash ^ b) * FACTOR;
    }
}
