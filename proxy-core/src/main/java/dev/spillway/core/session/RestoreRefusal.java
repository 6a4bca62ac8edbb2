package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import io.netty.buffer.ByteBuf;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a client's statements when its settings cannot all be put into force: each that has come gets an error, and none runs. The
 * client is told which settings it does without from then on.
 *
 * <p>One for each time, called by the {@link PartialRestore} on whose server the client is.
 */
final class RestoreRefusal {
    private final ClientSession client;
    private final ClientState state;
    private final LocalAnswers answers;
    private final ServerSession linked;
    private final int groups;
    private final boolean isGroupOpen;

    private RestoreRefusal(ClientSession client, ClientState state, LocalAnswers answers, ServerSession linked) {
        this.client = client;
        this.state = state;
        this.answers = answers;
        this.linked = linked;
        this.groups = linked.replies().entries().groupsIn(linked.replies().size());
        this.isGroupOpen = linked.replies().needsSync();
    }

    /**
     * Nobody sees what {@code linked} says to what it was sent for {@code client}, and it is sent nothing more. Null where the client could
     * not be answered in its place: it is in the middle of a message, what was sent was counted
     * on already, or the server is its own.
     */
    static @Nullable RestoreRefusal begin(
            ClientSession client, ClientState state, LocalAnswers answers, ServerSession linked) {
        ReplyQueue replies = linked.replies();
        if (client.keepsServer()
                || client.input().hasForwardedHalf()
                || replies.isReadingCopyData()
                || replies.hasSyncsInCopy()
                || replies.entries().hasFake()) {
            return null;
        }
        RestoreRefusal refusal = new RestoreRefusal(client, state, answers, linked);
        state.guard().beginRefusal();
        replies.abandon();
        if (refusal.isGroupOpen) {
            ByteBuf message = linked.wire().allocator().buffer(8);
            FrontendMessages.sync(message);
            replies.add(ReplyQueue.Kind.SYNC, ReplyQueue.Disposition.SKIP);
            linked.wire().write(message);
        }
        return refusal;
    }

    /** All is in force but what was {@code dropped}, for that {@code problem}; nothing: it was only disturbed. */
    void end(Set<String> dropped, ErrorFields problem) {
        ErrorFields error = dropped.isEmpty()
                ? ProxyError.RESTORE_DISTURBED.fields(problem.message())
                : ProxyError.SETTING_GIVEN_UP.fields(String.join(", ", dropped), problem.message());
        state.giveUp(dropped, client.pool());
        state.guard().end(null); // what a cancel was to hit does not run
        state.onReport(linked);
        client.ports().log().clientNotServed(client.identity().describe(client.wire()), error);
        answers.refuseSent(groups, isGroupOpen, error);
        client.input().refuseHeld(answers, error, groups > 0 || isGroupOpen);
        client.releaseIfDone();
        client.wire().flush();
    }
}
