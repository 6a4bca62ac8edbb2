package dev.spillway.core.session;

import dev.spillway.core.config.SslMode;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import io.netty.buffer.ByteBuf;

/**
 * A server connection that is to be protected, until that has been agreed on: it asks for TLS and takes the one byte that
 * PostgreSQL answers with.
 *
 * <p>Created by the transport when the connection stands and called on its event loop. Whatever comes of it, the {@link Outcome}
 * is told once, and gives the connection its next phase. Must never take a second byte: what follows the answer in clear text may
 * be from whoever stands between.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL">SSL Session Encryption</a>
 */
public final class TlsRequest implements Phase {
    /** What is done about the answer. */
    public interface Outcome {
        /** The server waits for the handshake. */
        void secure();

        /** The server has no TLS, and that is good enough. */
        void plain();

        /** There is no way to go on. */
        void failed(String why);
    }

    private final SslMode mode;
    private final Outcome outcome;
    private boolean isAnswered;
    private boolean isOver;

    public TlsRequest(Wire wire, SslMode mode, Outcome outcome) {
        this.mode = mode;
        this.outcome = outcome;
        ByteBuf message = wire.allocator().buffer(8);
        FrontendMessages.sslRequest(message);
        wire.write(message);
        wire.flush();
    }

    @Override
    public void onRead(ByteBuf bytes) {
        int count = bytes.readableBytes();
        byte answer = count == 0 ? 0 : bytes.readByte();
        bytes.release();
        if (isAnswered) {
            fail("the server spoke before it was spoken to");
        } else if (count > 0) {
            isAnswered = true;
            onAnswer((char) (answer & 0xff), count > 1);
        }
    }

    private void onAnswer(char answer, boolean isMore) {
        if (answer == 'E') {
            fail("the server answered the request for TLS with an error");
        } else if (answer != 'S' && answer != 'N') {
            fail("the server did not answer the request for TLS");
        } else if (isMore) {
            fail("the server sent unencrypted data after its answer to the request for TLS");
        } else if (answer == 'S') {
            outcome.secure();
        } else if (mode.isRequired()) {
            fail("the server has no TLS, which sslmode " + mode.spelling() + " asks for");
        } else {
            isOver = true;
            outcome.plain();
        }
    }

    /** The handshake succeeded. */
    public void succeed() {
        isOver = true;
    }

    /** The handshake failed, or the time is over. */
    public void fail(String why) {
        if (!isOver) {
            isOver = true;
            outcome.failed(why);
        }
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onWritabilityChanged() {}

    @Override
    public void onClosed() {
        fail("the server closed the connection when it was asked for TLS");
    }
}
