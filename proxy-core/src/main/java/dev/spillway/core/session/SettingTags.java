package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;

/** Tells from a CommandComplete whether the settings of the session may have changed. Stateless. */
final class SettingTags {
    private static final int SET = 'S' << 24 | 'E' << 16 | 'T' << 8;
    private static final int RESET = 'R' << 24 | 'E' << 16 | 'S' << 8 | 'E';
    private static final int DISCARD = 'D' << 24 | 'I' << 16 | 'S' << 8 | 'C';

    private SettingTags() {}

    /** Is the tag SET, RESET or DISCARD? Borrows the current frame, a CommandComplete. */
    static boolean mayChangeSettings(FrameReader frames) {
        int word = firstWord(frames);
        return word == SET || word == RESET || word == DISCARD;
    }

    /** Is the tag RESET or DISCARD, after which a setting may be back at the server's own default? Borrows as above. */
    static boolean mayResetSettings(FrameReader frames) {
        int word = firstWord(frames);
        return word == RESET || word == DISCARD;
    }

    private static int firstWord(FrameReader frames) {
        int body = frames.start() + FrameReader.HEADER_BYTES;
        return frames.end() - body < Integer.BYTES ? 0 : frames.buffer().getInt(body);
    }
}
