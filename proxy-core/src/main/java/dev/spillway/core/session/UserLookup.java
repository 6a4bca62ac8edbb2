package dev.spillway.core.session;

import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.Secret;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Obstacle;
import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.FrameRules;
import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.backend.TextRow;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL is asked about one user, by auth_query.
 *
 * <p>The login of the client begins it, on its lane. It waits for a server like any client of that pool, has the query run there
 * with the user's name as its parameter, and gives the server back before it tells what it has found. The client's own settings
 * are never in force there: nobody knows yet who it is. When the client leaves, what runs is cancelled and the server is clean
 * before anyone else gets it.
 *
 * <p>What is wrong with the answer ends the look-up and nothing else; the client is told no more than that. It owns no buffer
 * but the beginning of a message that has not come whole.
 */
public final class UserLookup implements LeaseHolder, Waiter<ServerSession> {
    /** Told once how it ended, unless it was abandoned. */
    interface Outcome {
        /** Null: there is no such user. */
        void found(@Nullable FoundUser user);

        /** Nobody knows. {@code why} is for the operator. */
        void failed(ErrorFields told, String why);
    }

    /** A name and the longest secret that logs anybody in. */
    private static final int ROW_LIMIT_BYTES = 128 * 1024;

    private static final FrameRules RULES =
            BackendType.READY_RULES.allow(BackendType.DATA_ROW, Integer.MAX_VALUE - 1, ROW_LIMIT_BYTES);

    /** The second one is a mistake. */
    private static final int MOST_ROWS = 2;

    private static final List<ReplyQueue.Kind> ASKED =
            List.of(ReplyQueue.Kind.PARSE, ReplyQueue.Kind.BIND, ReplyQueue.Kind.EXECUTE, ReplyQueue.Kind.SYNC);

    private final SessionPorts ports;
    private final Supplier<ServerPool> home;
    private final String query;
    private final StartupRequest request;
    private @Nullable Outcome outcome;
    private @Nullable ServerPool pool;
    private @Nullable ServerSession server;
    private @Nullable FrameReader frames;
    private @Nullable FoundUser found;
    private @Nullable String problem;
    private int rows;
    private boolean isAnswered;
    private boolean isOver;

    /**
     * @param home the pool whose servers are asked; it may throw {@link Refused}
     * @param request with the name that the client has given
     */
    public UserLookup(SessionPorts ports, Supplier<ServerPool> home, String query, StartupRequest request) {
        this.ports = ports;
        this.home = home;
        this.query = query;
        this.request = request;
    }

    /**
     * Begins. Nothing is told before this returns.
     *
     * @throws Refused if there is no pool for it
     */
    void begin(Outcome told) {
        enter(home.get());
        outcome = told;
    }

    private void enter(ServerPool next) {
        pool = next;
        next.seek(this, Snapshot.NEUTRAL, ports.nowNanos());
    }

    /** Its pool may have been replaced: then it waits in the new one. */
    public void leaveRetired() {
        ServerPool old = pool;
        if (isOver || server != null || old == null || !old.pool().isRetired()) {
            return;
        }
        old.leave(this);
        pool = null;
        try {
            enter(home.get());
        } catch (Refused e) {
            end();
            tellFailed(e.error(), e.why());
        }
    }

    /** Does it wait for a server? */
    public boolean isWaiting() {
        return server == null;
    }

    /** The client has left: nobody wants to know any more. */
    void abandon() {
        end();
    }

    /** Leaves everything behind; the server as it is. */
    private void end() {
        if (isOver) {
            return;
        }
        isOver = true;
        ServerPool left = pool;
        if (left != null) {
            left.leave(this);
        }
        ServerSession linked = server;
        server = null;
        if (linked != null) {
            linked.unlink(false, false, Snapshot.NEUTRAL);
        }
        FrameReader reader = frames;
        if (reader != null) {
            reader.close();
        }
    }

    private void tellFailed(ErrorFields told, String why) {
        Outcome listener = outcome;
        if (listener != null) {
            listener.failed(told, "auth_query for user \"" + request.user() + "\": " + why);
        }
    }

    private void fail(String why) {
        if (!isOver) {
            end();
            tellFailed(ProxyError.LOOKUP_FAILED.fields(), why);
        }
    }

    // ---- the server ------------------------------------------------------------------------------------------------

    @Override
    public void onServed(ServerSession free) {
        server = free;
        frames = new FrameReader(free.wire().allocator(), RULES);
        free.link(this, Snapshot.NEUTRAL);
        free.wire().flush();
    }

    @Override
    public void onRestored() {
        ServerSession linked = server;
        if (linked != null) {
            for (ReplyQueue.Kind kind : ASKED) {
                linked.replies().add(kind, ReplyQueue.Disposition.FORWARD);
            }
            String user = request.user();
            ByteBuf message = linked.wire().allocator().buffer(query.length() + user.length() + 64);
            FrontendMessages.ask(message, query, user, MOST_ROWS);
            linked.wire().write(message);
            linked.wire().flush();
        }
    }

    @Override
    public void onRestoreFailed(ErrorFields error) {
        fail("the server's settings cannot be made neutral: " + error.message());
    }

    @Override
    public void onWaitFailed(ErrorFields error, boolean isFinal) {
        end();
        tellFailed(told(error), error.message());
    }

    /** Nobody knows yet who hears it, so it names nothing that is not the client's own. */
    private ErrorFields told(ErrorFields error) {
        if (error.sqlstate().equals(Sqlstate.INVALID_CATALOG_NAME) && isInOwnDatabase()) {
            return error;
        }
        return switch (Obstacle.of(error)) {
            case FORBIDDEN -> ProxyError.LOOKUP_FAILED.fields();
            case HOST_FULL, ROLE_FULL, DATABASE_FULL, NOT_NOW, OTHER ->
                (error.sqlstate().equals(Sqlstate.INSUFFICIENT_RESOURCES)
                                ? ProxyError.LOOKUP_TIMEOUT
                                : ProxyError.LOOKUP_WITHOUT_SERVER)
                        .fields();
        };
    }

    private boolean isInOwnDatabase() {
        return pool != null && pool.pool().share().key().databaseInHost().equals(request.database());
    }

    @Override
    public Duration waitTimeout(Duration usual) {
        return ports.waitTimeout(request.user(), usual);
    }

    @Override
    public void onServerClosed(ErrorFields error, boolean isTold) {
        server = null;
        fail(error.message());
    }

    @Override
    public void onCopyAnnounced() {
        fail("it begins a COPY");
    }

    // ---- the answer ------------------------------------------------------------------------------------------------

    @Override
    public void deliver(ByteBuf source, int from, int to) {
        FrameReader reader = frames;
        if (reader == null || isOver) {
            return;
        }
        reader.feed(Run.slice(source, from, to));
        try {
            while (reader.next()) {
                onPiece(reader);
            }
        } finally {
            reader.finish();
        }
    }

    private void onPiece(FrameReader reader) {
        if (reader.isContinuation()) {
            return;
        }
        switch (reader.type()) {
            case BackendType.DATA_ROW -> onRow(reader);
            case BackendType.ERROR_RESPONSE -> onError(ErrorFields.read(reader));
            case BackendType.READY_FOR_QUERY -> isAnswered = true;
            default -> {
                // it says nothing about the user
            }
        }
    }

    private void onRow(FrameReader reader) {
        rows++;
        if (rows > 1) {
            note("it returned more than one row");
        } else if (!reader.isComplete() || reader.end() - reader.start() > ROW_LIMIT_BYTES) {
            note("it returned a row of more than " + ROW_LIMIT_BYTES + " bytes");
        } else {
            tryRead(reader.body());
        }
    }

    /** What is thrown here would be taken for a broken stream, of which the rest would not be read. */
    private void tryRead(MessageCursor row) {
        try {
            read(row);
        } catch (ProtocolViolation e) {
            note("it returned a broken row: " + e.text());
        }
    }

    private void read(MessageCursor row) {
        int columns = row.readShort();
        if (columns != 2) {
            note("expected 2 columns from auth_query, not " + columns);
            return;
        }
        String name = TextRow.readColumn(row);
        String secret = TextRow.readColumn(row);
        if (name != null && !name.isEmpty()) {
            found = new FoundUser(
                    name, secret == null ? new StoredSecret.Plain(Secret.of("")) : StoredSecret.parse(secret));
        }
    }

    private void onError(ErrorFields error) {
        note("error response from auth_query: " + error.sqlstate() + " " + error.message());
    }

    private void note(String what) {
        if (problem == null) {
            problem = what;
        }
    }

    @Override
    public void onQuiet() {
        if (isOver || !isAnswered) {
            return;
        }
        String wrong = problem;
        if (wrong != null) {
            fail(wrong);
            return;
        }
        end();
        Outcome listener = outcome;
        if (listener != null) {
            listener.found(found);
        }
    }

    @Override
    public boolean keepsServer() {
        return false;
    }
}
