package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Consumer;

/** Writes the replies of messages that were never sent, for whoever holds the server. */
final class FakeReplies implements ReplyQueue.Fakes {
    private final ByteBufAllocator allocator;
    private final Consumer<ByteBuf> target;

    /** {@code target} takes each message, in the order of the replies around it. */
    FakeReplies(ByteBufAllocator allocator, Consumer<ByteBuf> target) {
        this.allocator = allocator;
        this.target = target;
    }

    @Override
    public void answer(ReplyQueue.Kind kind) {
        ByteBuf message = allocator.buffer(8);
        switch (kind) {
            case PARSE -> BackendMessages.bare(message, BackendType.PARSE_COMPLETE);
            case BIND -> BackendMessages.bare(message, BackendType.BIND_COMPLETE);
            case CLOSE -> BackendMessages.bare(message, BackendType.CLOSE_COMPLETE);
            case QUERY, FUNCTION_CALL, SYNC, DESCRIBE_STATEMENT, DESCRIBE_PORTAL, EXECUTE, COPY_DATA, COPY_END -> {
                message.release();
                throw new IllegalStateException("cannot be faked: " + kind);
            }
        }
        target.accept(message);
    }

    @Override
    public void refuse() {
        ByteBuf message = allocator.buffer(128);
        ProxyError.FAILED_TRANSACTION.fields().writeError(message);
        target.accept(message);
    }
}
