package dev.spillway.core.session;

import dev.spillway.core.protocol.frontend.FrontendMessages;
import io.netty.buffer.ByteBuf;

/** Messages of ours that make a server say what it has not said yet. Stateless; whoever calls flushes the wire. */
final class Prompts {
    private Prompts() {}

    /** A server keeps the replies of a group without a Sync to itself, until it is sent a Flush. */
    static void flushGroup(ServerSession server) {
        if (server.replies().needsSync()) {
            ByteBuf message = server.wire().allocator().buffer(8);
            FrontendMessages.flush(message);
            server.wire().write(message);
        }
    }

    /** Has a server whose error was that of a COPY tell which Syncs the COPY has not read. */
    static void afterError(ServerSession server) {
        if (!server.replies().mustProbe()) {
            return;
        }
        ByteBuf message = server.wire().allocator().buffer(16);
        if (server.replies().addProbe()) {
            FrontendMessages.sync(message);
        }
        FrontendMessages.query(message, "");
        server.statements().onUnnamedLost();
        server.wire().write(message);
    }
}
