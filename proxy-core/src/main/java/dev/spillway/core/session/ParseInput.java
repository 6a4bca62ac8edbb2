package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.session.ReplyQueue.Disposition;
import dev.spillway.core.session.ReplyQueue.Kind;
import dev.spillway.core.session.StatementInput.Outcome;
import dev.spillway.core.session.prepared.ClientStatements;
import dev.spillway.core.session.prepared.Forgetting;
import dev.spillway.core.session.prepared.Mapping;
import dev.spillway.core.session.prepared.ParseContext;
import dev.spillway.core.session.prepared.Plan;
import dev.spillway.core.session.prepared.Renaming;
import dev.spillway.core.session.prepared.ServerStatements;
import dev.spillway.core.session.prepared.Statement;
import dev.spillway.core.session.prepared.StatementKey;
import dev.spillway.core.session.prepared.Step;
import dev.spillway.core.session.prepared.UnnamedStatement;
import java.util.List;

/** What a client prepares: a part of its {@link StatementInput}, which calls it. */
final class ParseInput {
    private final StatementInput statements;
    private final ClientSession client;
    private final ClientState state;
    private final Run run;

    ParseInput(StatementInput statements, ClientSession client, ClientState state, Run run) {
        this.statements = statements;
        this.client = client;
        this.state = state;
        this.run = run;
    }

    /** The current frame, a Parse, which it borrows. */
    Outcome take(FrameReader frames, ServerSession server) {
        int name = frames.start() + FrameReader.HEADER_BYTES;
        int nameEnd = StatementInput.endOfString(frames, name);
        if (nameEnd < 0) {
            return statements.unfinished(frames);
        }
        if (nameEnd == name) {
            return parseUnnamed(frames, server, nameEnd + 1);
        }
        if (statements.mustWait(server) || (!statements.isWatching() && statements.hasUnseen(server))) {
            return Outcome.WAITS;
        }
        ClientStatements known = statements.names();
        if (known.find(frames.buffer(), name, nameEnd) != null) {
            return parseTaken(frames, server, name, nameEnd);
        }
        if (known.size() >= client.pool().preparing().perClient()) {
            client.close(ProxyError.TOO_MANY_STATEMENTS.fields(
                    client.pool().preparing().perClient()));
            return Outcome.TAKEN;
        }
        statements.watch();
        server.statements().usedBy(known);
        client.pool().pool().counters().clientParses++;
        return frames.isComplete()
                        && frames.end() - frames.start()
                                <= client.pool().preparing().largestBytes()
                ? parseNew(frames, server, name, nameEnd)
                : parseLarge(frames, server, name, nameEnd);
    }

    /** Is the current frame, which it borrows, answered without a server, for one of the pool's knows what it prepares? */
    boolean isAnswered(FrameReader frames, LocalAnswers answers) {
        int name = frames.start() + FrameReader.HEADER_BYTES;
        int nameEnd = StatementInput.endOfString(frames, name);
        ClientStatements known = statements.names();
        if (nameEnd <= name
                || frames.end() - frames.start() > client.pool().preparing().largestBytes()
                || known.size() >= client.pool().preparing().perClient()
                || known.find(frames.buffer(), name, nameEnd) != null) {
            return false;
        }
        byte[] body = StatementInput.bytes(frames.buffer(), nameEnd + 1, frames.end());
        List<String> context = ParseContext.of(body, state.told(), state.now().settings());
        StatementKey key = new StatementKey(body, context);
        Statement statement = client.ports().statements().find(key);
        if (statement == null || !isPrepared(statement)) {
            return false;
        }
        known.name(frames.buffer(), name, nameEnd, intern(key));
        statements.watch();
        client.pool().pool().counters().clientParses++;
        answers.parseComplete();
        return true;
    }

    private boolean isPrepared(Statement statement) {
        for (ServerSession server : client.pool().servers()) {
            if (server.statements().knows(statement)) {
                return statement.isProven();
            }
        }
        return false;
    }

    // hot: once per statement of a client that prepares none
    private Outcome parseUnnamed(FrameReader frames, ServerSession server, int text) {
        UnnamedStatement unnamed = statements.unnamed();
        if (Forgetting.mayBegin(frames.buffer(), text, frames.end())) {
            Outcome outcome = statements.deallocates().parse(frames, server, text);
            if (outcome != Outcome.PASSES) {
                return outcome;
            }
        }
        unnamed.parse(frames, text, server.statements());
        Requests.note(server, Kind.PARSE, frames, unnamed);
        run.add(frames);
        return Outcome.TAKEN;
    }

    private Outcome parseNew(FrameReader frames, ServerSession server, int name, int nameEnd) {
        byte[] body = StatementInput.bytes(frames.buffer(), nameEnd + 1, frames.end());
        List<String> context = contextOf(body, server);
        if (!context.isEmpty() && server.replies().entries().hasStatement()) {
            return Outcome.WAITS;
        }
        Statement statement = intern(new StatementKey(body, context));
        Mapping mapping = statements.names().name(frames.buffer(), name, nameEnd, statement);
        ServerStatements known = server.statements();
        ReplyQueue replies = server.replies();
        Plan plan = known.find(statement);
        if (plan == null) {
            run.flush();
            StatementOutput.makeRoom(server, client.pool().preparing().perServer());
            if (known.isUncertain()) {
                StatementOutput.close(server, statement.name(), Step.none());
            }
            forwardParse(frames, server, nameEnd, mapping, known.prepared(mapping));
        } else if (plan.isOutdated()
                || plan.isBefore(mapping)
                || statement.mayWorkWhenFailed()
                || replies.mayBeFailed()) {
            // Only PostgreSQL knows: it is asked, under the same name.
            Step closed = known.closedToPrepareAnew();
            run.flush();
            StatementOutput.close(server, statement.name(), closed);
            forwardParse(frames, server, nameEnd, mapping, known.preparedAnew(mapping, closed));
        } else {
            replies.add(Kind.PARSE, Disposition.FAKE, statements.names().parsed(mapping, null));
        }
        return Outcome.TAKEN;
    }

    Statement intern(StatementKey key) {
        return client.ports().statements().intern(key, client.ports().nowNanos());
    }

    private void forwardParse(FrameReader frames, ServerSession server, int nameEnd, Mapping mapping, Step prepared) {
        client.pool().pool().counters().serverParses++;
        server.replies().add(Kind.PARSE, Disposition.FORWARD, statements.names().parsed(mapping, prepared));
        int name = frames.start() + FrameReader.HEADER_BYTES;
        statements.rename(frames, server, name, nameEnd, mapping.statement().name());
        if (!mapping.statement().isPrivate()) {
            run.flush();
            StatementOutput.describe(server, mapping.statement());
        }
    }

    /** A text that is too large to be kept: the client has to stay where it is known. */
    private Outcome parseLarge(FrameReader frames, ServerSession server, int name, int nameEnd) {
        Statement statement = client.ports().statements().unkept(client.ports().nowNanos());
        Mapping mapping = statements.names().name(frames.buffer(), name, nameEnd, statement);
        forwardParse(frames, server, nameEnd, mapping, server.statements().prepared(mapping));
        return Outcome.TAKEN;
    }

    /** The name is in use, which PostgreSQL says only of a statement without other faults: it gets one that is in use there too. */
    private Outcome parseTaken(FrameReader frames, ServerSession server, int name, int nameEnd) {
        run.flush();
        StatementOutput.place(server);
        byte[] placeholder = ServerStatements.PLACEHOLDER;
        Renaming back = new Renaming(placeholder, StatementInput.bytes(frames.buffer(), name, nameEnd));
        server.replies().add(Kind.PARSE, Disposition.FORWARD, Step.renamed(back));
        statements.rename(frames, server, name, nameEnd, placeholder);
        return Outcome.TAKEN;
    }

    /** What the text of {@code body} is read under on {@code server}. */
    List<String> contextOf(byte[] body, ServerSession server) {
        List<String> context =
                ParseContext.of(body, state.reportedBy(server), state.now().settings());
        boolean isCertain = context.isEmpty()
                || !(server.replies().hasSettingsToCome() || server.session().areLiteralsDoubtful());
        return isCertain ? context : client.ports().statements().ownContext();
    }
}
