package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.session.ReplyQueue.Disposition;
import dev.spillway.core.session.ReplyQueue.Kind;
import dev.spillway.core.session.prepared.Forgetting;
import dev.spillway.core.session.prepared.Mapping;
import dev.spillway.core.session.prepared.Plan;
import dev.spillway.core.session.prepared.Renaming;
import dev.spillway.core.session.prepared.ServerStatements;
import dev.spillway.core.session.prepared.Statement;
import dev.spillway.core.session.prepared.StatementKey;
import dev.spillway.core.session.prepared.Step;
import dev.spillway.core.session.prepared.UnnamedStatement;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** What is sent to a server on account of prepared statements, with its entries. Stateless; the wire is flushed with what follows. */
final class StatementOutput {
    private static final byte[] EMPTY_STATEMENT = {0, 0, 0};
    private static final byte[] UNNAMED = {};

    private StatementOutput() {}

    /** Closes what was used least recently, until there is room for one more. */
    static void makeRoom(ServerSession server, int limit) {
        ServerStatements known = server.statements();
        for (Plan eldest = known.evict(limit); eldest != null; eldest = known.evict(limit)) {
            close(server, eldest.statement().name(), known.evicted(eldest));
        }
    }

    /** Has it prepared, ahead of a message that uses it: an error is as if that message had it. */
    static void prepare(ServerSession server, Mapping mapping) {
        Statement statement = mapping.statement();
        if (server.statements().isUncertain()) {
            close(server, statement.name(), Step.none());
        }
        parse(server, statement.name(), bodyOf(statement), server.statements().prepared(mapping));
        describe(server, statement);
    }

    private static byte[] bodyOf(Statement statement) {
        StatementKey key = statement.key();
        return key == null ? EMPTY_STATEMENT : key.body();
    }

    /** Has what it knows prepared anew, as it is now. */
    static void prepareAnew(ServerSession server, Mapping mapping) {
        Statement statement = mapping.statement();
        Step closed = server.statements().closedToPrepareAnew();
        close(server, statement.name(), closed);
        parse(server, statement.name(), bodyOf(statement), server.statements().preparedAnew(mapping, closed));
        describe(server, statement);
    }

    /** Has it tell the shape of a statement whose Parse was sent: an error, which there is none, would be the client's. */
    static void describe(ServerSession server, Statement statement) {
        Plan plan = server.statements().find(statement);
        if (plan != null) {
            ByteBuf message = server.wire().allocator().buffer(statement.name().length + 8);
            FrontendMessages.describeStatement(message, statement.name());
            server.replies().add(Kind.DESCRIBE_STATEMENT, Disposition.AHEAD, plan.describing());
            server.wire().write(message);
        }
    }

    /** Has the placeholder prepared, where it is not. */
    static void place(ServerSession server) {
        ServerStatements known = server.statements();
        if (known.hasPlaceholder()) {
            return;
        }
        if (known.isUncertain()) {
            close(server, ServerStatements.PLACEHOLDER, Step.none());
        }
        parse(server, ServerStatements.PLACEHOLDER, EMPTY_STATEMENT, known.placed());
    }

    /** Has the client's statement without a name be there, or none. */
    static void prepareUnnamed(ServerSession server, UnnamedStatement unnamed) {
        byte[] body = server.statements().bodyOf(unnamed);
        Step claim = server.statements().unnamedAgain(unnamed);
        if (body == null) {
            close(server, UNNAMED, claim);
        } else {
            server.session().onUnnamedAgain(body);
            parse(server, UNNAMED, body, claim);
        }
    }

    /** A Query that deallocates what has this name on the server; its entry is the caller's. */
    static void deallocate(ServerSession server, byte[] name) {
        ByteBuf message = server.wire().allocator().buffer(name.length + 32);
        FrontendMessages.query(message, Forgetting.of(name));
        server.wire().write(message);
    }

    /** The same as the statement without a name; its entry is the caller's. Returns what follows the name. */
    static byte[] parseDeallocate(ServerSession server, byte[] name) {
        byte[] sql = Forgetting.of(name);
        byte[] body = Arrays.copyOf(sql, sql.length + EMPTY_STATEMENT.length);
        ByteBuf message = server.wire().allocator().buffer(body.length + 8);
        FrontendMessages.parse(message, UNNAMED, body);
        server.wire().write(message);
        return body;
    }

    /** The same ahead of a message that uses it. */
    static void parseDeallocateAhead(ServerSession server, Renaming back, UnnamedStatement unnamed) {
        byte[] sql = Forgetting.of(back.serverName());
        byte[] body = Arrays.copyOf(sql, sql.length + EMPTY_STATEMENT.length);
        unnamed.parse(body, back, server.statements());
        parse(server, UNNAMED, body, unnamed);
    }

    /** Has the placeholder not be there. */
    static void displace(ServerSession server) {
        if (server.statements().hasPlaceholder() || server.statements().isUncertain()) {
            close(server, ServerStatements.PLACEHOLDER, server.statements().displaced());
        }
    }

    static void close(ServerSession server, byte[] name, Step step) {
        ByteBuf message = server.wire().allocator().buffer(name.length + 8);
        FrontendMessages.closeStatement(message, name);
        server.replies().add(Kind.CLOSE, Disposition.SKIP, step);
        server.wire().write(message);
    }

    private static void parse(ServerSession server, byte[] name, byte[] body, Step step) {
        ByteBuf message = server.wire().allocator().buffer(name.length + body.length + 8);
        FrontendMessages.parse(message, name, body);
        server.replies().add(Kind.PARSE, Disposition.AHEAD, step);
        server.wire().write(message);
    }

    /** The beginning of the current frame up to a name, and {@code other} in its place. */
    static void head(ServerSession server, FrameReader frames, int name, int nameEnd, byte[] other) {
        ByteBuf source = frames.buffer();
        int start = frames.start();
        int body = start + FrameReader.HEADER_BYTES;
        int length = source.getInt(start + 1) + other.length - (nameEnd - name);
        ByteBuf head = server.wire().allocator().buffer(name - start + other.length);
        head.writeByte(frames.type())
                .writeInt(length)
                .writeBytes(source, body, name - body)
                .writeBytes(other);
        server.wire().write(head);
    }
}
