package dev.spillway.core.session;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.session.ReplyQueue.Disposition;
import dev.spillway.core.session.ReplyQueue.Kind;
import dev.spillway.core.session.prepared.ChangedUse;
import dev.spillway.core.session.prepared.ClientStatements;
import dev.spillway.core.session.prepared.Forgetting;
import dev.spillway.core.session.prepared.Mapping;
import dev.spillway.core.session.prepared.Plan;
import dev.spillway.core.session.prepared.Renaming;
import dev.spillway.core.session.prepared.ReservedName;
import dev.spillway.core.session.prepared.Statement;
import dev.spillway.core.session.prepared.Step;
import dev.spillway.core.session.prepared.UnnamedStatement;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A client's messages that are about statements prepared by name: they go on under names of our own, behind a Parse where the
 * server does not know the statement, or are answered here. One per client, called by its {@link ClientInput}.
 *
 * <p>Only the names in a message are looked at, never the parameters: of a large Bind the rest follows as it comes.
 *
 * <p>A message whose meaning depends on what is not answered yet waits: a change to the books in an earlier group, a statement that
 * may make the session forget, a restore. Only clients that pipeline such things notice.
 */
final class StatementInput {
    /** What became of a message. */
    enum Outcome {
        /** It goes on as it is. */
        PASSES,
        /** It was dealt with; what is still to come of it goes on as it is. */
        TAKEN,
        /** It has to wait for what is not answered yet. */
        WAITS,
        /** Too little of it is there. */
        IS_SHORT
    }

    private final ClientSession client;
    private final ClientState state;
    private final Run run;
    private final ParseInput parses;
    private final ColumnGuard guard;
    private final DeallocateInput deallocates;
    private final boolean isOn;
    /** Null until the first. */
    private @Nullable ClientStatements names;

    /** Is all looked at that might make the session forget? From the first named statement on. */
    private boolean isWatching;

    private final UnnamedStatement unnamed = new UnnamedStatement();
    private boolean isForgetting;

    StatementInput(ClientSession client, ClientState state, Run run) {
        this.client = client;
        this.state = state;
        this.run = run;
        this.parses = new ParseInput(this, client, state, run);
        this.guard = new ColumnGuard(this, client, parses, run);
        this.deallocates = new DeallocateInput(this, run);
        this.isOn = client.pool().mode() != PoolMode.SESSION
                && client.pool().preparing().isOn();
    }

    /** How many names the client has given. */
    int size() {
        return names == null ? 0 : names.size();
    }

    /** Must the client keep the server it has, which alone knows a statement of it? */
    boolean pinsServer() {
        return names != null && names.hasUnkept();
    }

    /** The client is gone. */
    void release() {
        if (names != null) {
            names.release();
        }
    }

    DeallocateInput deallocates() {
        return deallocates;
    }

    UnnamedStatement unnamed() {
        return unnamed;
    }

    boolean isWatching() {
        return isWatching;
    }

    /** The client prepares by name. */
    void watch() {
        isWatching = true;
    }

    ClientStatements names() {
        ClientStatements known = names;
        if (known == null) {
            known = new ClientStatements(client.ports().statements());
            names = known;
        }
        return known;
    }

    /** Is the current frame, which is not a continuation, for {@link #take}? Borrows it. */
    // hot: once per frame of every client
    boolean isConcerned(FrameReader frames, ServerSession server) {
        if (!isOn) {
            return false;
        }
        int body = frames.start() + FrameReader.HEADER_BYTES;
        int end = frames.end();
        return switch (frames.type()) {
            case FrontendType.PARSE -> true;
            case FrontendType.BIND ->
                (isWatching && unnamed.mayForget())
                        || !server.statements().hasUnnamed(unnamed)
                        || server.statements().unnamedClaim() != null
                        || isNamedBind(frames.buffer(), body, end);
            case FrontendType.DESCRIBE, FrontendType.CLOSE ->
                end - body >= 2 && frames.buffer().getByte(body) == 'S';
            case FrontendType.EXECUTE -> deallocates.isBound();
            case FrontendType.QUERY ->
                isWatching || unnamed.isKnown() || Forgetting.mayBegin(frames.buffer(), body, end);
            default -> false;
        };
    }

    /** Does the current frame, a Bind, use what was parsed without a name? */
    boolean isOfUnnamed(FrameReader frames) {
        return !isNamedBind(frames.buffer(), frames.start() + FrameReader.HEADER_BYTES, frames.end());
    }

    /** Does the current frame, a Bind by name, use a statement of which it is certain that it ends no failed transaction? */
    boolean isNoExit(FrameReader frames) {
        Mapping mapping = mappingOfBind(frames);
        return mapping != null
                && !mapping.statement().isPrivate()
                && !mapping.statement().mayWorkWhenFailed();
    }

    /** What the current frame, a Bind by name, runs; null where that is not known. */
    @Nullable
    String textOfBind(FrameReader frames) {
        Mapping mapping = mappingOfBind(frames);
        return mapping == null
                ? null
                : StatementTexts.oneLine(mapping.statement().text());
    }

    private @Nullable Mapping mappingOfBind(FrameReader frames) {
        int portal = frames.start() + FrameReader.HEADER_BYTES;
        int portalEnd = endOfString(frames, portal);
        int nameEnd = portalEnd < 0 ? -1 : endOfString(frames, portalEnd + 1);
        return nameEnd < 0 ? null : find(frames, portalEnd + 1, nameEnd);
    }

    private static boolean isNamedBind(ByteBuf buffer, int body, int end) {
        int at = body;
        while (at < end && buffer.getByte(at) != 0) { // the portal's name
            at++;
        }
        return at + 1 >= end || buffer.getByte(at + 1) != 0;
    }

    /** Deals with a frame that concerns it; its next bytes, if it has more than these, go on as they are. Borrows all. */
    Outcome take(FrameReader frames, ServerSession server) {
        ReplyQueue replies = server.replies();
        if (replies.isReadingCopyData() || replies.isDiscarding()) {
            return Outcome.PASSES; // an error, or nothing
        }
        return switch (frames.type()) {
            case FrontendType.QUERY -> query(frames, server);
            case FrontendType.PARSE -> parses.take(frames, server);
            case FrontendType.BIND -> bind(frames, server);
            case FrontendType.DESCRIBE -> describe(frames, server);
            case FrontendType.EXECUTE -> {
                deallocates.execute(frames, server);
                yield Outcome.TAKEN;
            }
            default -> close(frames, server);
        };
    }

    // ---- without a server ----------------------------------------------------------------------------------------

    /**
     * Nothing is owed to the client, and it has no server: answers the current frame, which it borrows, if that needs none. Preparing what
     * servers know already changes only the books, and so does closing.
     */
    boolean isAnswered(FrameReader frames, LocalAnswers answers) {
        if (!isOn || !frames.isComplete()) {
            return false;
        }
        return switch (frames.type()) {
            case FrontendType.PARSE -> parses.isAnswered(frames, answers);
            case FrontendType.CLOSE -> isClosed(frames, answers);
            default -> false;
        };
    }

    private boolean isClosed(FrameReader frames, LocalAnswers answers) {
        int kind = frames.start() + FrameReader.HEADER_BYTES;
        int name = kind + 1;
        int nameEnd = endOfString(frames, name);
        boolean isNamed =
                nameEnd > name && nameEnd + 1 == frames.end() && frames.buffer().getByte(kind) == 'S';
        if (isNamed) {
            Mapping mapping = find(frames, name, nameEnd);
            if (mapping != null) {
                names().remove(mapping);
                names().closed(mapping).answered();
            }
            answers.closeComplete();
        }
        return isNamed;
    }

    // ---- Bind, Describe, Close ------------------------------------------------------------------------------------

    private Outcome bind(FrameReader frames, ServerSession server) {
        int portal = frames.start() + FrameReader.HEADER_BYTES;
        int portalEnd = endOfString(frames, portal);
        int name = portalEnd + 1;
        int nameEnd = portalEnd < 0 ? -1 : endOfString(frames, name);
        if (nameEnd < 0) {
            return unfinished(frames);
        }
        if (nameEnd == name) {
            return bindUnnamed(server);
        }
        client.pool().pool().counters().binds++;
        return use(frames, server, Kind.BIND, name, nameEnd);
    }

    private Outcome bindUnnamed(ServerSession server) {
        Renaming late = deallocates.late(unnamed);
        boolean mayHaveEnded = late != null && !server.replies().isEmpty(); // by a Close or a Query
        if (mayHaveEnded || isWhichInDoubt(server) || (deallocates.isNext(unnamed) && mustWait(server))) {
            return Outcome.WAITS;
        }
        if (late != null) {
            deallocates.parseAgain(late, server);
        }
        Outcome outcome = useUnnamed(server);
        if (outcome == Outcome.PASSES) {
            deallocates.bind(unnamed, server);
        }
        return outcome;
    }

    /**
     * Could it be one that deallocates, or another? An error in an earlier group discards what is parsed behind it, and the one before
     * remains.
     */
    private boolean isWhichInDoubt(ServerSession server) {
        return isWatching && unnamed.mayForget() && server.replies().entries().isOfEarlierGroup(unnamed);
    }

    /** What the server has without a name must be this client's, or nothing. */
    private Outcome useUnnamed(ServerSession server) {
        Step claim = server.statements().unnamedClaim();
        boolean isThere = server.statements().hasUnnamed(unnamed);
        ReplyRing owed = server.replies().entries();
        boolean isUncertain = isThere ? claim != null && owed.isOfEarlierGroup(claim) : owed.size() > 0;
        if (isUncertain) {
            return Outcome.WAITS;
        }
        if (isWatching && unnamed.mayForget()) {
            isForgetting = true;
            server.statements().usedBy(names());
        }
        if (!isThere) {
            run.flush();
            StatementOutput.prepareUnnamed(server, unnamed);
        }
        return Outcome.PASSES;
    }

    private Outcome describe(FrameReader frames, ServerSession server) {
        int name = frames.start() + FrameReader.HEADER_BYTES + 1;
        int nameEnd = endOfString(frames, name);
        if (nameEnd == name) {
            return useUnnamed(server);
        }
        return nameEnd < 0 ? Outcome.PASSES : use(frames, server, Kind.DESCRIBE_STATEMENT, name, nameEnd);
    }

    private Outcome use(FrameReader frames, ServerSession server, Kind kind, int name, int nameEnd) {
        if (mustWait(server)) {
            return Outcome.WAITS;
        }
        Mapping mapping = find(frames, name, nameEnd);
        if (mapping == null) {
            return useUnknown(frames, server, kind, name, nameEnd);
        }
        Statement statement = mapping.statement();
        if (!statement.isPrivate()) {
            Plan plan = server.statements().find(statement);
            if (plan == null || !mapping.isCurrent(plan)) {
                boolean isSeen = isDescribedNext(frames, name - 1);
                switch (guard.check(mapping, kind, isSeen, server)) {
                    case READY -> mapping = guard.mapping();
                    case OPEN -> {
                        return Outcome.WAITS;
                    }
                    case CHANGED -> {
                        return useChanged(frames, server, kind, name, nameEnd);
                    }
                }
            }
        }
        server.statements().usedBy(names());
        isForgetting |= mapping.statement().mayForget();
        Step step = mapping.usedAs(frames.buffer(), name, nameEnd);
        Requests.noteUse(server, kind, frames, mapping.statement(), step);
        rename(frames, server, name, nameEnd, mapping.statement().name());
        return Outcome.TAKEN;
    }

    /** Does a Describe of the portal that the current frame, a Bind, makes follow it, so that its client is told what it is going to see? */
    private static boolean isDescribedNext(FrameReader frames, int portalEnd) {
        int portal = frames.start() + FrameReader.HEADER_BYTES;
        return frames.isFollowedBy(FrontendType.DESCRIBE, (byte) 'P', frames.buffer(), portal, portalEnd);
    }

    /** The client knows other columns: PostgreSQL is given a reason for an error, and says another. */
    private Outcome useChanged(FrameReader frames, ServerSession server, Kind kind, int name, int nameEnd) {
        server.replies().add(kind, Disposition.FORWARD, ChangedUse.STEP);
        rename(frames, server, name, nameEnd, ChangedUse.NO_STATEMENT);
        return Outcome.TAKEN;
    }

    /** PostgreSQL says that there is none; unless SQL has prepared it. Names like ours are none of the client's. */
    private Outcome useUnknown(FrameReader frames, ServerSession server, Kind kind, int name, int nameEnd) {
        byte[] given = bytes(frames.buffer(), name, nameEnd);
        Renaming back = DeallocateInput.reserved(given);
        if (back == null) {
            return Outcome.PASSES;
        }
        server.replies().add(kind, Disposition.FORWARD, Step.renamed(back));
        rename(frames, server, name, nameEnd, back.serverName());
        return Outcome.TAKEN;
    }

    private Outcome close(FrameReader frames, ServerSession server) {
        int name = frames.start() + FrameReader.HEADER_BYTES + 1;
        int nameEnd = endOfString(frames, name);
        if (nameEnd == name) {
            server.replies().add(Kind.CLOSE, Disposition.FORWARD, unnamed.end());
            run.add(frames);
            return Outcome.TAKEN;
        }
        if (nameEnd < 0) {
            return Outcome.PASSES;
        }
        if (mustWait(server)) {
            return Outcome.WAITS;
        }
        Mapping mapping = find(frames, name, nameEnd);
        if (mapping == null && ReservedName.replaced(bytes(frames.buffer(), name, nameEnd)) == null) {
            return Outcome.PASSES; // PostgreSQL says that it is closed; SQL may have prepared it
        }
        Step step = Step.none();
        if (mapping != null) {
            names().remove(mapping);
            step = names().closed(mapping);
        }
        run.flush();
        if (mapping != null && mapping.statement().isPrivate()) {
            server.replies().add(Kind.CLOSE, Disposition.FORWARD, step);
            rename(frames, server, name, nameEnd, mapping.statement().name());
        } else {
            server.replies().add(Kind.CLOSE, Disposition.FAKE, step);
        }
        return Outcome.TAKEN;
    }

    // ---- Query ---------------------------------------------------------------------------------------------------

    private Outcome query(FrameReader frames, ServerSession server) {
        int text = frames.start() + FrameReader.HEADER_BYTES;
        if (isHarmless(frames, text)) {
            Requests.note(server, Kind.QUERY, frames, unnamed.end());
            run.add(frames);
            return Outcome.TAKEN;
        }
        if (mustWait(server)) {
            return Outcome.WAITS;
        }
        server.statements().usedBy(names());
        byte[] only = frames.isComplete() ? Forgetting.onlyName(frames.buffer(), text, frames.end() - 1) : null;
        if (only == null || !deallocates.isSent(only, server)) {
            Requests.note(server, Kind.QUERY, frames, unnamed.endInDoubt(null));
            run.add(frames);
        }
        return Outcome.TAKEN;
    }

    /** Does the current frame, a Query, take no name away? What a client that has given none takes away otherwise shows in the tag. */
    private boolean isHarmless(FrameReader frames, int text) {
        return isWatching
                ? frames.isComplete() && !Forgetting.isPossible(frames.buffer(), text, frames.end())
                : !frames.isComplete() || !Forgetting.mayBegin(frames.buffer(), text, frames.end());
    }

    // ---- what they share ------------------------------------------------------------------------------------------

    private @Nullable Mapping find(FrameReader frames, int name, int nameEnd) {
        return names == null ? null : names.find(frames.buffer(), name, nameEnd);
    }

    /** Has the client sent what is not answered and was not looked at? A restore of ours is known. */
    boolean hasUnseen(ServerSession server) {
        return server.pipelined() > (state.guard().isRestoring() ? 1 : 0);
    }

    boolean mustWait(ServerSession server) {
        ReplyQueue replies = server.replies();
        if (replies.isEmpty()) {
            isForgetting &= server.isInTransaction() || !server.isBetweenGroups();
            return false;
        }
        return isForgetting || replies.entries().hasOpen(null);
    }

    /** Sends the current frame with {@code other} in the place of {@code [name, nameEnd)}. */
    void rename(FrameReader frames, ServerSession server, int name, int nameEnd, byte[] other) {
        run.flush();
        StatementOutput.head(server, frames, name, nameEnd, other);
        run.add(frames, nameEnd);
    }

    /** Where the NUL is; -1 if there is none in what is there. */
    static int endOfString(FrameReader frames, int from) {
        return from >= frames.end() ? -1 : frames.buffer().indexOf(from, frames.end(), (byte) 0);
    }

    static byte[] bytes(ByteBuf buffer, int from, int to) {
        byte[] bytes = new byte[to - from];
        buffer.getBytes(from, bytes);
        return bytes;
    }

    /**
     * A name does not end in what is there. In a whole message it never does, which is for PostgreSQL to say. One that is longer than what
     * may be kept of a Parse cannot be told from others.
     */
    Outcome unfinished(FrameReader frames) {
        if (frames.isComplete()) {
            return Outcome.PASSES;
        }
        if (frames.end() - frames.start() > client.pool().preparing().largestBytes()) {
            throw new ProtocolViolation("the name of a prepared statement or portal is too long");
        }
        return Outcome.IS_SHORT;
    }
}
