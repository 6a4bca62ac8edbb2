package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.session.state.StateKind;

/**
 * The tag of the command that is likely to have made what keeps a server, such as {@code CREATE TABLE}, for people: the first that says
 * so itself, else the first behind a text that does. One per server, told by its {@link Suspicion}.
 */
final class PinTag {
    private static final String BEGIN = "BEGIN";

    private String tag = "";
    private boolean isCertain;

    /** A command has ended, with the current frame, which it borrows; {@code found}: what its tag tells, {@code suspected}: what is suspected. */
    // hot: nothing is read unless something is suspected that cannot move
    void hear(FrameReader frames, int found, int suspected) {
        if (!isCertain && ((found | suspected) & StateKind.IMMOVABLE) != 0) {
            read(frames, (found & StateKind.IMMOVABLE) != 0);
        }
    }

    private void read(FrameReader frames, boolean saysSo) {
        if (saysSo || tag.isEmpty()) {
            String heard = frames.body().readString();
            tag = heard.equals(BEGIN) ? tag : heard;
            isCertain = saysSo;
        }
    }

    void clear() {
        tag = "";
        isCertain = false;
    }

    /** Empty: none. */
    String tag() {
        return tag;
    }
}
