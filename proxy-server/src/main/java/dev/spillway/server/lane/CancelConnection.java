package dev.spillway.server.lane;

import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.Wire;
import io.netty.buffer.ByteBuf;

/**
 * A connection that carries one cancel request, to which a server says nothing but its end. Confined to its lane; whoever made it
 * waits for that end.
 */
final class CancelConnection implements ServerTls.Next, Phase {
    private final CancelKey key;

    CancelConnection(CancelKey key) {
        this.key = key;
    }

    @Override
    public Phase begin(Wire wire) {
        ByteBuf message = wire.allocator().buffer(32);
        FrontendMessages.cancelRequest(message, key);
        wire.write(message);
        wire.flush();
        return this;
    }

    @Override
    public void onUseless(String why) {
        // Nothing was sent; the connection ends, and that is what counts.
    }

    @Override
    public void onRead(ByteBuf bytes) {
        bytes.release();
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onWritabilityChanged() {}

    @Override
    public void onClosed() {}
}
