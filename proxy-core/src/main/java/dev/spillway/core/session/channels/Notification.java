package dev.spillway.core.session.channels;

import dev.spillway.core.protocol.MessageCursor;

/** Of a NotificationResponse, what decides whom it is for. Immutable. */
public record Notification(int processId, String channel) {
    /**
     * Borrows {@code body}.
     *
     * @throws dev.spillway.core.protocol.ProtocolViolation if it is no notification
     */
    public static Notification read(MessageCursor body) {
        return new Notification(body.readInt(), body.readString());
    }
}
