package dev.spillway.core.session;

import io.netty.buffer.ByteBuf;

/** The inbound verbs of one connection, as one phase of its life understands them. Called on its event loop only. */
public interface Phase {
    /** Takes {@code bytes}. */
    void onRead(ByteBuf bytes);

    /** Nothing more is there to be read at the moment: the time to flush. */
    void onReadComplete();

    /** {@link Wire#isWritable} has changed. */
    void onWritabilityChanged();

    /** The connection is gone, whoever closed it. Called once; nothing is called after it. */
    void onClosed();
}
