package dev.spillway.core.session.state;

import dev.spillway.core.protocol.FrameReader;
import io.netty.buffer.ByteBuf;

/** What the tag of a command tells of the session's state. Stateless. */
// hot: once per command
public final class StateTags {
    private static final int SET = 'S' << 24 | 'E' << 16 | 'T' << 8;
    private static final int RESET = 'R' << 24 | 'E' << 16 | 'S' << 8 | 'E';
    private static final int DISCARD = 'D' << 24 | 'I' << 16 | 'S' << 8 | 'C';
    private static final int LISTEN = 'L' << 24 | 'I' << 16 | 'S' << 8 | 'T';
    private static final int PREPARE = 'P' << 24 | 'R' << 16 | 'E' << 8 | 'P';
    private static final int DECLARE = 'D' << 24 | 'E' << 16 | 'C' << 8 | 'L';
    private static final int CREATE = 'C' << 24 | 'R' << 16 | 'E' << 8 | 'A';
    private static final int CALL = 'C' << 24 | 'A' << 16 | 'L' << 8 | 'L';
    private static final int DROP = 'D' << 24 | 'R' << 16 | 'O' << 8 | 'P';
    private static final int CLOSE = 'C' << 24 | 'L' << 16 | 'O' << 8 | 'S';
    private static final int DEALLOCATE = 'D' << 24 | 'E' << 16 | 'A' << 8 | 'L';
    private static final int UNLISTEN = 'U' << 24 | 'N' << 16 | 'L' << 8 | 'I';
    private static final int DO = 'D' << 24 | 'O' << 16;

    private StateTags() {}

    /**
     * The kinds of state that the command may have made. Borrows the current frame, a CommandComplete.
     *
     * @param isTextKnown whether the text of the command has been looked through, so that what it says of SET and DECLARE is known
     */
    public static int kinds(FrameReader frames, boolean isTextKnown) {
        return switch (firstWord(frames)) {
            case SET -> isTextKnown ? StateKind.NAMED_SETTINGS.bit : StateKind.SETTINGS.bit;
            case RESET, DISCARD -> StateKind.SETTINGS.bit;
            case LISTEN -> StateKind.CHANNELS.bit;
            case PREPARE -> StateKind.STATEMENTS.bit;
            case DECLARE -> isTextKnown ? 0 : StateKind.CURSORS.bit;
            case CREATE -> StateKind.TEMPORARY_OBJECTS.bit;
            case CALL, DO -> StateKind.ALL;
            default -> 0;
        };
    }

    /** The kinds of state of which the command may have ended something. Borrows the current frame, a CommandComplete. */
    public static int ended(FrameReader frames) {
        return switch (firstWord(frames)) {
            case DROP -> StateKind.TEMPORARY_OBJECTS.bit;
            case CLOSE -> StateKind.CURSORS.bit;
            case DEALLOCATE -> StateKind.STATEMENTS.bit;
            case UNLISTEN -> StateKind.CHANNELS.bit;
            case DISCARD -> StateKind.IMMOVABLE | StateKind.CHANNELS.bit;
            default -> 0;
        };
    }

    /** The first four bytes; of a shorter tag, as {@code DO} is, with zeros behind. */
    private static int firstWord(FrameReader frames) {
        int body = frames.start() + FrameReader.HEADER_BYTES;
        int length = frames.end() - body;
        ByteBuf buffer = frames.buffer();
        if (length >= Integer.BYTES) {
            return buffer.getInt(body);
        }
        return length == 3 ? buffer.getMedium(body) << 8 : 0;
    }
}
