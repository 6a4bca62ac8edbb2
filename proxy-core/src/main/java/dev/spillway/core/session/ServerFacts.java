package dev.spillway.core.session;

import org.jspecify.annotations.Nullable;

/**
 * What operators are shown of a server, at a moment. Immutable.
 *
 * @param openedAtMillis when it logged in, by the wall clock
 * @param cancels connections that carry a cancel for it and have not ended yet
 * @param askedCancels those of them that clients asked for
 * @param heldBytes of a message that has not come whole
 * @param pin why its client keeps it beyond a transaction, for people; empty: it does not
 * @param pinnedNanos since when
 * @param pinTag the tag of the command that made what it is kept for
 * @param statements how many it has prepared under our names
 * @param listens what of it listens for clients, for people; empty: it does not
 */
public record ServerFacts(
        int processId,
        long openedAtMillis,
        int cancels,
        int askedCancels,
        int heldBytes,
        String pin,
        long pinnedNanos,
        String pinTag,
        int statements,
        String listens) {
    static ServerFacts of(
            ServerGreeting greeting,
            Recovery recovery,
            ServerState state,
            int heldBytes,
            int statements,
            @Nullable LeaseHolder holder) {
        return new ServerFacts(
                greeting.key().processId(),
                greeting.atMillis(),
                recovery.cancels(),
                recovery.askedCancels(),
                heldBytes,
                state.pin(),
                state.pinnedNanos(),
                state.pinTag(),
                statements,
                holder instanceof Listener listener ? listener.name() : "");
    }
}
