package dev.spillway.core.session.prepared;

import dev.spillway.core.protocol.FrameReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The statement without a name that one client has parsed last. Its text is kept, for the client may bind it when it has another server.
 * As a {@link Step} it is each Parse of it: what the client has is what was parsed by the last one that was answered.
 *
 * <p>hot: once per Parse without a name; allocates nothing while at most one is not answered, unless a text is longer than those before.
 */
public final class UnnamedStatement extends Step {
    /** A longer text is not kept: a client that parses it has to use it before its server is another's. */
    private static final int LARGEST_BYTES = 64 * 1024;

    /** A longer array goes with its text. */
    private static final int KEPT_BYTES = 4 * 1024;

    private Text parsed = new Text();
    private @Nullable Text spare;
    /** Of those that are not answered the first, and those behind it. */
    private @Nullable Text first;

    private @Nullable ArrayDeque<Text> more;

    /** The server of which it is not certain yet that it has a statement of this client's; null: there is no doubt. */
    private @Nullable ServerStatements claimedOn;

    private final Step end = new End(false, null);

    /** A Parse of it is sent to {@code server}: the current frame, which is borrowed; {@code from} is where its text begins. */
    public void parse(FrameReader frames, int from, ServerStatements server) {
        Text text = next(server);
        text.fill(frames, from);
        add(text);
    }

    /** A Parse of {@code body} is sent, in the place of a DEALLOCATE of what the client calls otherwise. */
    public void parse(byte[] body, Renaming deallocates, ServerStatements server) {
        Text text = next(server);
        text.fill(body, deallocates);
        add(text);
    }

    private Text next(ServerStatements server) {
        if (!server.hasUnnamed(this)) {
            server.claimUnnamed(this, this);
            claimedOn = server;
        }
        Text text = spare;
        spare = null;
        return text == null ? new Text() : text;
    }

    /** The statement that running it deallocates, if that has another name on servers; null: there is none. */
    public @Nullable Renaming deallocates() {
        return last().deallocates;
    }

    /** The name in it, if it is a DEALLOCATE that was sent as it is; null: it is none. */
    public byte @Nullable [] deallocatesAsItIs() {
        Text last = last();
        return last.deallocates == null && last.mayForget() ? last.onlyName() : null;
    }

    private Text last() {
        return more != null && !more.isEmpty() ? more.getLast() : first != null ? first : parsed;
    }

    /** A Query or a Close, with which it ends. */
    public Step end() {
        return end;
    }

    /** A Query that may change the books besides. */
    public Step endInDoubt(@Nullable Renaming renaming) {
        return new End(true, renaming);
    }

    private void add(Text text) {
        if (first == null) {
            first = text;
            return;
        }
        ArrayDeque<Text> behind = more;
        if (behind == null) {
            behind = new ArrayDeque<>(2);
            more = behind;
        }
        behind.addLast(text);
    }

    /** Could binding it, and running that, make the session forget statements? */
    public boolean mayForget() {
        boolean may = parsed.mayForget() || (first != null && first.mayForget());
        if (more != null) {
            for (Text text : more) {
                may |= text.mayForget();
            }
        }
        return may;
    }

    /** Might there be one? */
    public boolean isKnown() {
        return parsed.length > 0 || first != null;
    }

    /** All that follows the name in its Parse; null if there is none that could be used. */
    byte @Nullable [] body() {
        return parsed.length == 0 ? null : Arrays.copyOf(parsed.bytes, parsed.length);
    }

    @Override
    public void answered() {
        settle();
        Text text = poll();
        if (text != null) {
            spare = parsed;
            parsed = text;
        }
    }

    @Override
    public void failed() {
        settle();
        spare = poll();
        parsed.end(); // PostgreSQL drops the last one before it looks at the next
    }

    private void settle() {
        if (claimedOn != null) {
            claimedOn.settleUnnamed();
            claimedOn = null;
        }
    }

    /** All of the group are, so that the order does not matter. */
    @Override
    public void dropped() {
        if (claimedOn != null) {
            claimedOn.onUnnamedLost();
            claimedOn = null;
        }
        spare = poll();
    }

    private @Nullable Text poll() {
        Text oldest = first;
        first = more == null ? null : more.poll();
        return oldest;
    }

    @Override
    public boolean isChange() {
        return false;
    }

    @Override
    public boolean isOfBooks() {
        return false;
    }

    private final class End extends Step {
        private final boolean isChange;
        private final @Nullable Renaming renaming;

        End(boolean isChange, @Nullable Renaming renaming) {
            this.isChange = isChange;
            this.renaming = renaming;
        }

        @Override
        public void answered() {
            parsed.end();
        }

        @Override
        public boolean isChange() {
            return isChange;
        }

        @Override
        public boolean isOfBooks() {
            return false;
        }

        @Override
        public @Nullable Renaming renaming() {
            return renaming;
        }
    }

    /** Reused from one Parse to another. */
    private static final class Text {
        private static final byte[] NONE = {};

        private byte[] bytes = NONE;
        private int length;
        private boolean isChecked = true;
        private boolean mayForget;
        private @Nullable Renaming deallocates;

        void end() {
            length = 0;
            deallocates = null;
            isChecked = true;
            mayForget = false;
        }

        boolean mayForget() {
            if (!isChecked) {
                isChecked = true;
                mayForget = Forgetting.isPossible(Unpooled.wrappedBuffer(bytes), 0, length);
            }
            return mayForget;
        }

        byte @Nullable [] onlyName() {
            ByteBuf text = Unpooled.wrappedBuffer(bytes, 0, length);
            int end = text.indexOf(0, length, (byte) 0);
            return end < 0 ? null : Forgetting.onlyName(text, 0, end);
        }

        void fill(byte[] body, Renaming renaming) {
            bytes = body;
            length = body.length;
            isChecked = true;
            mayForget = true;
            deallocates = renaming;
        }

        /** Becomes what follows {@code from} in the current frame; nothing if that is too long. */
        void fill(FrameReader frames, int from) {
            int size = frames.end() - from;
            deallocates = null;
            length = frames.isComplete() && size <= LARGEST_BYTES ? size : 0;
            if (bytes.length < length || (bytes.length > KEPT_BYTES && length <= KEPT_BYTES)) {
                bytes = length == 0 ? NONE : new byte[Math.max(length, Math.min(2 * length, KEPT_BYTES))];
            }
            frames.buffer().getBytes(from, bytes, 0, length);
            isChecked = length == 0;
            mayForget = isChecked;
        }
    }
}
