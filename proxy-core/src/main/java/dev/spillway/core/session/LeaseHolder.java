package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Whoever a server is linked to, as the server sees it. What a holder need not know of, for no client is behind it, is nothing to it. */
interface LeaseHolder {
    /** Passes on the bytes {@code [from, to)} of {@code source}, which it borrows. */
    void deliver(ByteBuf source, int from, int to);

    /** A reply of our own making, in the order of the others; takes {@code message}. */
    default void deliverOwn(ByteBuf message) {
        message.release();
    }

    /** The server reported a parameter on the holder's behalf. */
    default void onParameterStatus(ServerSession server) {}

    /**
     * A ReadyForQuery that says idle is next to go to the client; {@code isLast}: nothing is owed behind it. Asked only where the
     * holder {@linkplain ServerState#watchReady wants to know}. True: the holder keeps it and will say it itself.
     */
    default boolean holdsReady(boolean isLast) {
        return false;
    }

    /**
     * A ReadyForQuery goes to the client, of the transaction status {@code status}. False: the client is not to hear of it, and
     * {@link #onForbidden} follows when all before it has been passed on.
     */
    default boolean onReady(byte status, long nowNanos) {
        return true;
    }

    /** It is in a transaction and may not be. */
    default void onForbidden() {}

    /** The server owes nothing. */
    default void onQuiet() {}

    /** Does it keep the server until it leaves, and has all that it makes of the session stay there? */
    boolean keepsServer();

    /** The holder's settings are in force. */
    void onRestored();

    /** They are not, and the server is in a failed transaction. */
    void onRestoreFailed(ErrorFields error);

    /** They are not all; may the holder do without some, and be refused what it has sent? Null: it may not. */
    default @Nullable RestoreRefusal refuseRestore() {
        return null;
    }

    /** The server was asked: {@code now} is what the holder has made of its session; {@code isInForce}: all of it still is. */
    default void onStateKnown(Snapshot now, boolean isInForce) {}

    /** It was asked in vain, and nobody knows what the holder's session has become. */
    default void onStateUnknown(ErrorFields error) {}

    /** The server is gone; {@code error} says why unless the client has been told by the server itself. */
    void onServerClosed(ErrorFields error, boolean isTold);

    /** The server waits for the data of a COPY of the holder's. */
    default void onCopyAnnounced() {}

    /** A little time has passed. */
    default void onTick(long nowNanos) {}

    /** Everything there was to read has been read. */
    default void onServerReadComplete() {}

    /** The server's socket takes bytes again, or does no longer. */
    default void onServerWritability() {}
}
