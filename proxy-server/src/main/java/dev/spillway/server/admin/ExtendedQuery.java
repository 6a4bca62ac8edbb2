package dev.spillway.server.admin;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.stats.Table.Column;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The extended query protocol of one client of the console: its statements and portals, and what is skipped after an error.
 *
 * <p>Confined to its lane. {@link #read} is called when a message has come, what it returns when the turn of that message has; then
 * answers go out through the {@link Host}. Bounded in what it keeps.
 *
 * <p>Source: PostgreSQL documentation, "Extended Query"; {@code src/backend/tcop/postgres.c}.
 */
final class ExtendedQuery {
    /** What this client is part of. */
    interface Host {
        Request find(String sql);

        /** Carries a request out, which may take until later; nothing else is answered before {@code taker} has been told. */
        void run(Request request, Consumer<Outcome> taker);

        void write(Consumer<ByteBuf> writer);

        void refuse(ErrorFields error);

        /** Sends rows as they come; nothing else is answered before they are all sent, or as many as are wanted. */
        void stream(RowStream rows);

        /** Has the client begun a transaction and not ended it? */
        boolean isInBlock();
    }

    static final int MOST_STATEMENTS = 1000;
    static final int MOST_PORTALS = 100;
    private static final int MASK = 0xffff;

    /** {@code columns} empty: it has no rows. */
    private record Statement(Request request, List<Column> columns) {}

    private static final class Portal {
        private final Statement statement;
        private final IntPredicate isBinary;
        private @Nullable RowSource rows;
        private boolean isDone;

        Portal(Statement statement, IntPredicate isBinary) {
            this.statement = statement;
            this.isBinary = isBinary;
        }

        void end() {
            if (rows != null) {
                rows.stop("");
            }
        }
    }

    private final Host host;
    private final Map<String, Statement> statements = new HashMap<>();
    private final Map<String, Portal> portals = new HashMap<>();
    private boolean isSkipping;

    ExtendedQuery(Host host) {
        this.host = host;
    }

    /** Is everything to be skipped up to the next Sync? */
    boolean isSkipping() {
        return isSkipping;
    }

    /** A Query has come: what has no name ends with it. */
    void onQuery() {
        statements.remove("");
        endPortal("");
    }

    private void endPortal(String name) {
        Portal portal = portals.remove(name);
        if (portal != null) {
            portal.end();
        }
    }

    /** The client has gone. */
    void close() {
        portals.values().forEach(Portal::end);
        portals.clear();
    }

    /**
     * Reads a message; borrows {@code body}.
     *
     * @throws ProtocolViolation if it is none of the protocol's
     */
    Runnable read(byte type, MessageCursor body) {
        Runnable step = switch (type) {
            case FrontendType.PARSE -> readParse(body);
            case FrontendType.BIND -> readBind(body);
            case FrontendType.DESCRIBE -> readDescribe(body);
            case FrontendType.CLOSE -> readClose(body);
            case FrontendType.EXECUTE -> readExecute(body);
            case FrontendType.SYNC -> this::sync;
            default -> () -> {}; // Flush: all is sent as soon as there is nothing more to do
        };
        if (body.remaining() > 0) {
            throw new ProtocolViolation("invalid message format");
        }
        return type == FrontendType.SYNC ? step : () -> unlessSkipping(step);
    }

    private void unlessSkipping(Runnable step) {
        if (!isSkipping) {
            step.run();
        }
    }

    private void fail(ErrorFields error) {
        isSkipping = true;
        host.refuse(error);
    }

    private void sync() {
        isSkipping = false;
        endOfTransaction();
    }

    /** Ends the portals, unless the client has begun a transaction that goes on. */
    void endOfTransaction() {
        if (!host.isInBlock()) {
            close();
        }
    }

    // ---- Parse -----------------------------------------------------------------------------------------------------

    private Runnable readParse(MessageCursor body) {
        String name = body.readString();
        String sql = body.readString();
        for (int left = body.readShort() & MASK; left > 0; left--) {
            body.readInt(); // types of parameters, of which there are none
        }
        return () -> parse(name, sql);
    }

    private void parse(String name, String sql) {
        if (name.isEmpty()) {
            statements.remove(name);
        } else if (statements.containsKey(name)) {
            fail(ProxyError.CONSOLE_STATEMENT_EXISTS.fields(name));
            return;
        }
        Request request = host.find(sql);
        if (request instanceof Request.Refusal(ErrorFields error)) {
            fail(error);
        } else if (statements.size() >= MOST_STATEMENTS) {
            fail(ProxyError.CONSOLE_KEEPS_NO_MORE.fields(MOST_STATEMENTS, "prepared statements"));
        } else {
            statements.put(name, new Statement(request, request.columns()));
            host.write(out -> BackendMessages.bare(out, BackendType.PARSE_COMPLETE));
        }
    }

    // ---- Bind ------------------------------------------------------------------------------------------------------

    private Runnable readBind(MessageCursor body) {
        String portal = body.readString();
        String statement = body.readString();
        for (int left = body.readShort() & MASK; left > 0; left--) {
            body.readShort();
        }
        int parameters = body.readShort() & MASK;
        for (int left = parameters; left > 0; left--) {
            body.readBytes(Math.max(0, body.readInt()));
        }
        List<Integer> formats = new ArrayList<>();
        for (int left = body.readShort() & MASK; left > 0; left--) {
            formats.add(body.readShort());
        }
        return () -> bind(portal, statement, parameters, formats);
    }

    private void bind(String name, String statementName, int parameters, List<Integer> formats) {
        Statement statement = statements.get(statementName);
        if (statement == null) {
            fail(ProxyError.CONSOLE_STATEMENT_UNKNOWN.fields(statementName));
            return;
        }
        ErrorFields problem = problem(name, statement, formats);
        if (parameters > 0) {
            fail(ProxyError.CONSOLE_PARAMETERS_GIVEN.fields(parameters, statementName));
        } else if (problem != null) {
            fail(problem);
        } else {
            endPortal(name);
            portals.put(name, new Portal(statement, isBinary(formats)));
            host.write(out -> BackendMessages.bare(out, BackendType.BIND_COMPLETE));
        }
    }

    private @Nullable ErrorFields problem(String name, Statement statement, List<Integer> formats) {
        int columns = statement.columns.size();
        if (formats.size() > 1 && columns > 0 && formats.size() != columns) {
            return ProxyError.CONSOLE_FORMATS_WRONG.fields(formats.size(), columns);
        }
        for (int format : formats) {
            if (format != 0 && format != 1) {
                return ProxyError.CONSOLE_FORMAT_UNKNOWN.fields(format);
            }
        }
        if (!name.isEmpty() && portals.containsKey(name)) {
            return ProxyError.CONSOLE_PORTAL_EXISTS.fields(name);
        }
        return portals.size() >= MOST_PORTALS && !portals.containsKey(name)
                ? ProxyError.CONSOLE_KEEPS_NO_MORE.fields(MOST_PORTALS, "portals")
                : null;
    }

    /** One format is that of all columns, none is text. */
    private static IntPredicate isBinary(List<Integer> formats) {
        return switch (formats.size()) {
            case 0 -> column -> false;
            case 1 -> column -> formats.getFirst() == 1;
            default -> column -> formats.get(column) == 1;
        };
    }

    // ---- Describe, Close -------------------------------------------------------------------------------------------

    private Runnable readDescribe(MessageCursor body) {
        boolean isStatement = readKind(body);
        String name = body.readString();
        return isStatement ? () -> describeStatement(name) : () -> describePortal(name);
    }

    private static boolean readKind(MessageCursor body) {
        byte kind = body.readByte();
        if (kind != 'S' && kind != 'P') {
            throw new ProtocolViolation("neither a statement nor a portal: " + kind);
        }
        return kind == 'S';
    }

    private void describeStatement(String name) {
        Statement statement = statements.get(name);
        if (statement == null) {
            fail(ProxyError.CONSOLE_STATEMENT_UNKNOWN.fields(name));
            return;
        }
        host.write(out -> {
            BackendMessages.noParameters(out);
            describe(out, statement, column -> false);
        });
    }

    private void describePortal(String name) {
        Portal portal = portals.get(name);
        if (portal == null) {
            fail(ProxyError.CONSOLE_PORTAL_UNKNOWN.fields(name));
            return;
        }
        host.write(out -> describe(out, portal.statement, portal.isBinary));
    }

    private static void describe(ByteBuf out, Statement statement, IntPredicate isBinary) {
        if (statement.columns.isEmpty()) {
            BackendMessages.bare(out, BackendType.NO_DATA);
        } else {
            TableOutput.rowDescription(out, statement.columns, isBinary);
        }
    }

    private Runnable readClose(MessageCursor body) {
        boolean isStatement = readKind(body);
        String name = body.readString();
        return () -> {
            if (isStatement) {
                statements.remove(name);
            } else {
                endPortal(name);
            }
            host.write(out -> BackendMessages.bare(out, BackendType.CLOSE_COMPLETE));
        };
    }

    // ---- Execute ---------------------------------------------------------------------------------------------------

    private Runnable readExecute(MessageCursor body) {
        String portal = body.readString();
        int mostRows = body.readInt();
        return () -> execute(portal, mostRows);
    }

    private void execute(String name, int mostRows) {
        Portal portal = portals.get(name);
        if (portal == null) {
            fail(ProxyError.CONSOLE_PORTAL_UNKNOWN.fields(name));
        } else if (portal.isDone) {
            fail(ProxyError.CONSOLE_PORTAL_DONE.fields(name));
        } else if (portal.rows != null) {
            sendRows(portal, portal.rows, mostRows);
        } else {
            host.run(portal.statement.request, outcome -> onOutcome(portal, mostRows, outcome));
        }
    }

    private void onOutcome(Portal portal, int mostRows, Outcome outcome) {
        switch (outcome) {
            case Outcome.Failed(ErrorFields error) -> fail(error);
            case Outcome.Told(Consumer<ByteBuf> writer) -> {
                portal.isDone = true;
                host.write(writer);
            }
            case Outcome.Rows(RowSource rows) -> {
                portal.rows = rows;
                sendRows(portal, rows, mostRows);
            }
            case Outcome.Copied(RowSource rows) -> {
                portal.rows = rows;
                portal.isDone = true;
                host.write(out -> RowForm.COPY.begin(out, rows.columns()));
                host.stream(new RowStream(rows, RowForm.COPY, 0, host::write, this::fail));
            }
        }
    }

    /** {@code mostRows} 0, or less: all. As many as that are not known to be the last, even if they are. */
    private void sendRows(Portal portal, RowSource rows, int mostRows) {
        host.stream(new RowStream(rows, RowForm.rows(portal.isBinary), mostRows, host::write, this::fail));
    }
}
