package dev.spillway.core.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The outbound verbs of one connection: what a session may do to its socket.
 *
 * <p>Implemented by the transport, called on the connection's event loop only. None of the verbs calls back into the
 * session before it returns.
 */
public interface Wire {
    /** Takes {@code message} and queues it; it leaves with the next {@link #flush}. */
    void write(ByteBuf message);

    /** Sends what was written. Does nothing when nothing was. */
    void flush();

    /** Sends what was written, then closes. */
    void close();

    /** Reads on, or stops reading; repeating it costs nothing. A whole socket buffer may still arrive after a stop. */
    void setReading(boolean on);

    /** False while the peer does not take what we send: whoever feeds this wire should stop reading. */
    boolean isWritable();

    /** From now on {@code phase} gets what arrives. */
    void become(Phase phase);

    ByteBufAllocator allocator();

    /** The peer's address as text, {@code host:port}, for people. */
    String peer();

    /** Our own end's address as text. */
    String local();

    /** Tells this connection from every other of this process, until the counting begins anew after 2^31 of them. */
    int id();

    /** The process at the other end of a Unix socket; 0 if it is none or the system does not tell. */
    int peerProcessId();

    /** What was written and the system has not taken yet. */
    long unsentBytes();

    /** What protects the connection; null: nothing does. */
    default @Nullable Protection protection() {
        return null;
    }
}
