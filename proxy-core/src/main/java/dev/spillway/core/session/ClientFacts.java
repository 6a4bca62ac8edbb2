package dev.spillway.core.session;

/**
 * What operators are shown of a client, at a moment. Immutable.
 *
 * @param requestNanos when it last asked for something, or came
 * @param waitNanos how long it has waited for a server, 0 if it does not wait
 * @param heldBytes of it that wait here
 * @param isCancelWaiting whether a cancel has come that may not be sent yet
 * @param statements how many it has prepared by name
 */
public record ClientFacts(long requestNanos, long waitNanos, int heldBytes, boolean isCancelWaiting, int statements) {}
