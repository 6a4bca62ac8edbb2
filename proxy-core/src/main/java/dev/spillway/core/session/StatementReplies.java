package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.prepared.ChangedUse;
import dev.spillway.core.session.prepared.Deallocation;
import dev.spillway.core.session.prepared.Mapping;
import dev.spillway.core.session.prepared.Renaming;
import dev.spillway.core.session.prepared.ServerStatements;
import dev.spillway.core.session.prepared.Step;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What of a server's messages concerns prepared statements: tags of those that make it forget, and errors that name one. Stateless. */
final class StatementReplies {
    private static final long DEALLOCA = word("DEALLOCA");
    private static final long DISCARD_ = word("DISCARD ");
    private static final int ALL = (int) word("ALL\0");
    private static final int ALTE = (int) word("ALTE");
    private static final int CREA = (int) word("CREA");
    private static final int DROP = (int) word("DROP");
    private static final int CALL = (int) word("CALL");

    private StatementReplies() {}

    private static long word(String text) {
        long word = 0;
        for (int i = 0; i < text.length(); i++) {
            word = word << Byte.SIZE | text.charAt(i);
        }
        return word;
    }

    /** Borrows the current frame, a CommandComplete; {@code isOurs}: of a statement of ours. */
    // hot: once per statement of any client
    static void onTag(FrameReader frames, ServerSession server, boolean isOurs) {
        int body = frames.start() + FrameReader.HEADER_BYTES;
        int length = frames.end() - body;
        byte first = length == 0 ? 0 : frames.buffer().getByte(body);
        if (first == 'B' || first == 'I' || first == 'U') {
            return; // BEGIN, INSERT, UPDATE
        }
        server.replies().noteSettings();
        if ((first == 'A' || first == 'C' || first == 'D') && isDefinition(frames, body, length)) {
            server.statements().onDefinition();
        }
        if (first == 'D' && length >= Long.BYTES) {
            onDTag(frames, server, body, length, isOurs);
        }
    }

    /** Of what statements rest on, as far as tags tell. The tag of DO is shorter than others. */
    private static boolean isDefinition(FrameReader frames, int body, int length) {
        if (length < Integer.BYTES) {
            return true;
        }
        int word = frames.buffer().getInt(body);
        return word == ALTE || word == CREA || word == DROP || word == CALL;
    }

    private static void onDTag(FrameReader frames, ServerSession server, int body, int length, boolean isOurs) {
        ServerStatements statements = server.statements();
        long start = frames.buffer().getLong(body);
        boolean isAll =
                length >= Long.BYTES + Integer.BYTES && frames.buffer().getInt(frames.end() - Integer.BYTES) == ALL;
        if (isAll && (start == DEALLOCA || start == DISCARD_)) {
            statements.onForgottenAll(isOurs);
        } else if (start == DEALLOCA) {
            statements.onDeallocated(server.session().mayHaveStatements());
        }
    }

    /** The server is gone: what it was sent and has not answered has not happened. */
    static void end(ServerSession server) {
        server.replies().dropSteps();
        server.statements().release();
    }

    /**
     * An error for the client has come in the place of the answer to a message that had {@code step}. Where it names a statement as we
     * do, the client is told what it calls it, and true returned. Borrows the current frame.
     */
    static boolean rename(FrameReader frames, ErrorFields error, @Nullable Step step, ServerSession server) {
        if (step instanceof Mapping use && isOfColumns(error)) {
            server.statements().onColumnsChanged(use);
        }
        Renaming renaming = step == null ? null : step.renaming();
        if (step == null || renaming == null || !frames.isComplete()) {
            return false;
        }
        ByteBuf renamed = renaming.apply(
                frames.buffer(), frames.start(), frames.end(), server.wire().allocator());
        if (renamed == null) {
            return false;
        }
        if (isSurprise(error.sqlstate(), step, renaming)) {
            server.statements().onSurprise();
        }
        if (step instanceof ChangedUse) {
            renamed.clear();
            ProxyError.COLUMNS_CHANGED.fields().writeError(renamed);
        }
        server.deliverOwn(renamed);
        return true;
    }

    /** Is it "cached plan must not change result type"? The text may be in any language. */
    private static boolean isOfColumns(ErrorFields error) {
        return error.sqlstate().equals(Sqlstate.FEATURE_NOT_SUPPORTED)
                && "RevalidateCachedQuery".equals(error.routine());
    }

    /** Is what the books say not there, or there what they do not say? A function may have deallocated it. */
    private static boolean isSurprise(String sqlstate, Step step, Renaming renaming) {
        return switch (sqlstate) {
            case Sqlstate.INVALID_SQL_STATEMENT_NAME ->
                step.isOfBooks()
                        || (!(step instanceof Deallocation)
                                && Arrays.equals(renaming.serverName(), ServerStatements.PLACEHOLDER));
            case Sqlstate.DUPLICATE_PREPARED_STATEMENT -> step.isOfBooks();
            default -> false;
        };
    }
}
