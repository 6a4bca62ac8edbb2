package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What a client without a server is answered, in the place of PostgreSQL.
 *
 * <p>One per client, called by its session. It {@linkplain #isRefusing() refuses} from {@link #refuse} on until the
 * statement that could not run has been dealt with: at once for a simple one, at its Sync for an extended one.
 */
final class LocalAnswers {
    private final Wire wire;
    private @Nullable ErrorFields refusal;
    /** Whatever comes gets this; null: it does not. */
    private @Nullable ErrorFields refusalOfAll;

    private boolean discardsToSync;

    LocalAnswers(Wire wire) {
        this.wire = wire;
    }

    /** The statement that comes next gets {@code error}. */
    void refuse(ErrorFields error) {
        refusal = error;
    }

    /** So many statements that were sent, and where {@code isGroupOpen} the beginning of one, get {@code error}. */
    void refuseSent(int statements, boolean isGroupOpen, ErrorFields error) {
        for (int i = 0; i < statements; i++) {
            error(error);
            ready();
        }
        if (isGroupOpen) {
            error(error);
            discardsToSync = true;
        }
    }

    /** Each statement that comes gets {@code error}, until that is null. */
    void refuseAll(@Nullable ErrorFields error) {
        refusal = discardsToSync ? null : error;
        refusalOfAll = error;
    }

    /** Are the client's frames to go to {@link #onRefused}? */
    boolean isRefusing() {
        return refusal != null || discardsToSync;
    }

    /** A frame of the statement that is refused, or one that PostgreSQL would discard after the error. */
    void onRefused(byte type) {
        ErrorFields error = refusal;
        if (error != null && !Requests.needsServer(type)) {
            onNeedless(type);
            return;
        }
        if (error != null) {
            refusal = null;
            error(error);
            discardsToSync = type != FrontendType.QUERY && type != FrontendType.FUNCTION_CALL;
            if (!discardsToSync) {
                refusal = refusalOfAll;
                ready();
                return;
            }
        }
        if (type == FrontendType.SYNC) {
            discardsToSync = false;
            refusal = refusalOfAll;
            ready();
        }
    }

    /** A frame that {@linkplain Requests#needsServer needs no server}. */
    void onNeedless(byte type) {
        if (type == FrontendType.SYNC) {
            ready();
        }
    }

    void parseComplete() {
        bare(BackendType.PARSE_COMPLETE);
    }

    void closeComplete() {
        bare(BackendType.CLOSE_COMPLETE);
    }

    private void bare(byte type) {
        ByteBuf message = wire.allocator().buffer(8);
        BackendMessages.bare(message, type);
        wire.write(message);
    }

    void error(ErrorFields error) {
        ByteBuf message = wire.allocator().buffer(256);
        error.writeError(message);
        wire.write(message);
    }

    void notice(ErrorFields notice) {
        ByteBuf message = wire.allocator().buffer(256);
        notice.writeNotice(message);
        wire.write(message);
    }

    private void ready() {
        ByteBuf message = wire.allocator().buffer(8);
        BackendMessages.readyForQuery(message, 'I');
        wire.write(message);
    }
}
