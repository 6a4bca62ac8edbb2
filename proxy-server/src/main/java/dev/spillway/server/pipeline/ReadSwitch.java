package dev.spillway.server.pipeline;

import io.netty.channel.ChannelConfig;

/** Is a connection read from? Its phase says what it wants, and whoever suspends it comes before that. Confined to its event loop. */
final class ReadSwitch {
    private boolean isSuspended;
    /** What is wanted while it is suspended. */
    private boolean isWanted;

    void want(ChannelConfig config, boolean on) {
        isWanted = on;
        if (!isSuspended) {
            set(config, on);
        }
    }

    void suspend(ChannelConfig config, boolean on) {
        if (isSuspended == on) {
            return;
        }
        if (on) {
            isWanted = config.isAutoRead();
        }
        isSuspended = on;
        set(config, !on && isWanted);
    }

    private static void set(ChannelConfig config, boolean on) {
        if (config.isAutoRead() != on) {
            config.setAutoRead(on);
        }
    }
}
