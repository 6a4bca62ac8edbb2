package dev.spillway.core.stats;

import dev.spillway.core.session.ServerFacts;
import dev.spillway.core.session.ServerSession;
import org.jspecify.annotations.Nullable;

/**
 * Why a client keeps a server beyond its transaction, as the rows of both show it. Immutable.
 *
 * @param reason what the client has made there that cannot move; empty: it does not keep it
 * @param tag of the command that made it, as far as that can be told
 */
record PinShown(String reason, long ageNanos, String tag) {
    static final PinShown NONE = new PinShown("", 0, "");

    /** Null: the client has no server. */
    static PinShown of(@Nullable ServerSession server, LaneView view) {
        if (server == null) {
            return NONE;
        }
        ServerFacts facts = server.facts();
        return facts.pin().isEmpty()
                ? NONE
                : new PinShown(facts.pin(), view.nowNanos() - facts.pinnedNanos(), facts.pinTag());
    }

    boolean isAny() {
        return !reason.isEmpty();
    }
}
