package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.session.ReplyQueue.Disposition;
import dev.spillway.core.session.ReplyQueue.Kind;
import dev.spillway.core.session.StatementInput.Outcome;
import dev.spillway.core.session.prepared.Deallocation;
import dev.spillway.core.session.prepared.Forgetting;
import dev.spillway.core.session.prepared.Mapping;
import dev.spillway.core.session.prepared.Renaming;
import dev.spillway.core.session.prepared.ReservedName;
import dev.spillway.core.session.prepared.ServerStatements;
import dev.spillway.core.session.prepared.UnnamedStatement;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * DEALLOCATE of what a client has prepared by protocol, by a Query or by a statement without a name: a part of its {@link StatementInput},
 * which calls it. The server does not know the client's name, so another is deallocated there, with the same answers: the placeholder where
 * there is such a statement, what is nobody's where the name is like ours. Any other name is the server's to look for.
 */
final class DeallocateInput {
    private final StatementInput statements;
    private final Run run;
    /** What the portal that was made last deallocates under another name; null: nothing. */
    private @Nullable Renaming bound;

    DeallocateInput(StatementInput statements, Run run) {
        this.statements = statements;
        this.run = run;
    }

    /** What a name like ours is on the server; null: it is not like ours. */
    static @Nullable Renaming reserved(byte[] given) {
        byte[] nobodys = ReservedName.replaced(given);
        return nobodys == null ? null : new Renaming(nobodys, given);
    }

    private @Nullable Renaming renamed(byte[] given) {
        Mapping mapping = statements.names().find(given);
        return mapping == null
                ? reserved(given)
                : new Renaming(ServerStatements.PLACEHOLDER, mapping.renaming().clientName());
    }

    /** Is {@code given}, which a Query of the client's deallocates, one that goes on as another? Then it is sent. */
    boolean isSent(byte[] given, ServerSession server) {
        Renaming back = renamed(given);
        if (back == null) {
            return false;
        }
        run.flush();
        Mapping mapping = statements.names().find(given);
        if (mapping != null) {
            StatementOutput.place(server);
            server.statements().deallocates(mapping);
        }
        server.replies()
                .add(Kind.QUERY, Disposition.FORWARD, statements.unnamed().endInDoubt(back));
        StatementOutput.deallocate(server, back.serverName());
        return true;
    }

    /**
     * The current frame, a Parse without a name whose text begins at {@code text} and may be a DEALLOCATE, is sent with another name; it
     * waits where an earlier group, which may fail yet, might have taken away what it names; or it goes on as it is. Borrows it.
     */
    Outcome parse(FrameReader frames, ServerSession server, int text) {
        if (statements.isWatching() && server.replies().entries().hasOpen(null)) {
            return Outcome.WAITS;
        }
        return isParsedAs(frames, server, text) ? Outcome.TAKEN : Outcome.PASSES;
    }

    private boolean isParsedAs(FrameReader frames, ServerSession server, int text) {
        int end = frames.isComplete() ? StatementInput.endOfString(frames, text) : -1;
        boolean isAll = end + 1 + Short.BYTES == frames.end(); // no types of parameters, of which it has none
        byte[] given = isAll ? Forgetting.onlyName(frames.buffer(), text, end) : null;
        Renaming back = given == null ? null : renamed(given);
        if (back != null) {
            statements.watch();
            run.flush();
            byte[] body = StatementOutput.parseDeallocate(server, back.serverName());
            statements.unnamed().parse(body, back, server.statements());
            Requests.note(server, Kind.PARSE, frames, statements.unnamed());
        }
        return back != null;
    }

    /** What the name in a DEALLOCATE that was parsed has become since, if the client has given it by now; null: nothing. */
    @Nullable
    Renaming late(UnnamedStatement unnamed) {
        byte[] given = statements.isWatching() ? unnamed.deallocatesAsItIs() : null;
        return given == null || statements.names().find(given) == null ? null : renamed(given);
    }

    /** It is parsed with the name it has now, ahead of its Bind. */
    void parseAgain(Renaming late, ServerSession server) {
        run.flush();
        StatementOutput.parseDeallocateAhead(server, late, statements.unnamed());
    }

    /** Does a Bind of the statement without a name deallocate what the server knows by another? */
    boolean isNext(UnnamedStatement unnamed) {
        return unnamed.deallocates() != null;
    }

    /** A Bind of it is sent. The placeholder stands for what is there to be deallocated, and is not there if nothing is. */
    void bind(UnnamedStatement unnamed, ServerSession server) {
        bound = unnamed.deallocates();
        if (bound != null && Arrays.equals(bound.serverName(), ServerStatements.PLACEHOLDER)) {
            Mapping mapping = statements.names().find(bound.clientName());
            run.flush();
            if (mapping == null) {
                StatementOutput.displace(server);
            } else {
                StatementOutput.place(server);
            }
            server.statements().deallocates(mapping);
        }
    }

    /** Has an Execute to go by {@link #execute}? */
    // hot: once per frame of every client
    boolean isBound() {
        return bound != null;
    }

    /** Sends an Execute of a portal that may be one that deallocates: of that PostgreSQL says another name. Borrows the frame. */
    void execute(FrameReader frames, ServerSession server) {
        Renaming back = bound;
        boolean isThere = back != null && statements.names().find(back.clientName()) != null;
        Deallocation step = back == null ? null : new Deallocation(server.statements(), back, isThere);
        Requests.note(server, Kind.EXECUTE, frames, step);
        run.add(frames);
    }
}
