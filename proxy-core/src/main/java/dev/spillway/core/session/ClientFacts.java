package dev.spillway.core.session;

import java.util.List;

/**
 * What operators are shown of a client, at a moment. Immutable.
 *
 * @param requestNanos when it last asked for something, or came
 * @param waitNanos how long it has waited for a server, 0 if it does not wait
 * @param heldBytes of it that wait here
 * @param isCancelWaiting whether a cancel has come that may not be sent yet
 * @param statements how many it has prepared by name
 * @param stays what it does with its server that may last too long
 */
public record ClientFacts(
        long requestNanos, long waitNanos, int heldBytes, boolean isCancelWaiting, int statements, List<Stay> stays) {
    public ClientFacts {
        stays = List.copyOf(stays);
    }
}
