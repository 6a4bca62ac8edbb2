package dev.spillway.server.admin;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.Wire;
import dev.spillway.core.stats.LaneView;
import dev.spillway.core.stats.ShowTables;
import dev.spillway.core.stats.Table;
import io.netty.buffer.ByteBuf;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client of the console, from its ReadyForQuery on: answers SHOW commands sent as simple queries.
 *
 * <p>Called on the event loop of its lane, whose state it reads.
 */
public final class ConsoleSession implements Phase {
    private static final int TEXT_OID = 25;

    private final Wire wire;
    private final Supplier<LaneView> lane;
    private final String version;
    private final FrameReader frames;
    private boolean isOver;

    /** Greets the client. {@code version} is what SHOW VERSION says. */
    public ConsoleSession(Wire wire, Supplier<LaneView> lane, String version) {
        this.wire = wire;
        this.lane = lane;
        this.version = version;
        this.frames = new FrameReader(wire.allocator(), FrontendType.READY_RULES);
        ByteBuf greeting = wire.allocator().buffer(256);
        // psql and drivers want to know these of any server.
        BackendMessages.parameterStatus(greeting, "server_version", "15.0 (" + version + ")");
        BackendMessages.parameterStatus(greeting, "client_encoding", "UTF8");
        BackendMessages.parameterStatus(greeting, "server_encoding", "UTF8");
        BackendMessages.parameterStatus(greeting, "DateStyle", "ISO");
        BackendMessages.parameterStatus(greeting, "TimeZone", "GMT");
        BackendMessages.parameterStatus(greeting, "standard_conforming_strings", "on");
        BackendMessages.backendKeyData(greeting, new CancelKey(0, new byte[4]));
        BackendMessages.readyForQuery(greeting, 'I');
        wire.write(greeting);
        wire.flush();
    }

    @Override
    public void onRead(ByteBuf bytes) {
        frames.feed(bytes);
        try {
            while (!isOver && frames.next()) {
                onFrame();
            }
        } catch (ProtocolViolation e) {
            end(ProxyError.PROTOCOL.fields(e.text()));
        } finally {
            frames.finish();
        }
    }

    private void onFrame() {
        if (frames.isContinuation() || !frames.isComplete()) {
            end(ProxyError.PROTOCOL.fields("console command too long"));
            return;
        }
        switch (frames.type()) {
            case FrontendType.QUERY -> onQuery(frames.body().readString());
            case FrontendType.TERMINATE -> {
                isOver = true;
                wire.close();
            }
            case FrontendType.SYNC, FrontendType.FLUSH -> ready();
            default -> end(ProxyError.CONSOLE_IS_SIMPLE.fields());
        }
    }

    private void onQuery(String sql) {
        String command = sql.strip().replaceAll(";+$", "").strip().toLowerCase(Locale.ROOT);
        ByteBuf out = wire.allocator().buffer(1024);
        if (command.isEmpty()) {
            BackendMessages.bare(out, BackendType.EMPTY_QUERY_RESPONSE);
        } else {
            Table table = table(command.replaceAll("\\s+", " "));
            if (table == null) {
                ProxyError.CONSOLE_COMMAND_UNKNOWN
                        .fields(sql.strip())
                        .with(
                                'H',
                                "SHOW POOLS, SHOW CLIENTS, SHOW SERVERS, SHOW STATS, SHOW DATABASES, SHOW CONFIG and"
                                        + " SHOW VERSION are known.")
                        .writeError(out);
            } else {
                write(out, table);
            }
        }
        wire.write(out);
        ready();
    }

    private @Nullable Table table(String command) {
        return switch (command) {
            case "show pools" -> ShowTables.pools(lane.get());
            case "show clients" -> ShowTables.clients(lane.get());
            case "show servers" -> ShowTables.servers(lane.get());
            case "show stats" -> ShowTables.stats(lane.get());
            case "show databases" -> ShowTables.databases(lane.get());
            case "show config" -> ShowTables.config(lane.get());
            case "show version" -> ShowTables.version(version);
            default -> null;
        };
    }

    private static void write(ByteBuf out, Table table) {
        List<Integer> types = Collections.nCopies(table.columns().size(), TEXT_OID);
        BackendMessages.rowDescription(out, table.columns(), types);
        for (List<@Nullable String> row : table.rows()) {
            BackendMessages.dataRow(out, row);
        }
        BackendMessages.commandComplete(out, "SHOW");
    }

    private void ready() {
        ByteBuf message = wire.allocator().buffer(8);
        BackendMessages.readyForQuery(message, 'I');
        wire.write(message);
    }

    private void end(ErrorFields error) {
        isOver = true;
        ByteBuf message = wire.allocator().buffer(128);
        error.writeError(message);
        wire.write(message);
        wire.close();
    }

    @Override
    public void onReadComplete() {
        wire.flush();
    }

    @Override
    public void onWritabilityChanged() {
        wire.setReading(wire.isWritable());
    }

    @Override
    public void onClosed() {
        isOver = true;
        frames.close();
    }
}
