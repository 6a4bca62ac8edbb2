package dev.spillway.server.admin;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.session.Ending;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.Wire;
import dev.spillway.core.stats.ProxyFigures;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * A client of the console, from its ReadyForQuery on: answers commands sent as simple queries.
 *
 * <p>Called on the event loop of its lane. Figures come from all lanes, so they come later: until they are there the
 * session reads no more, and what it has read already waits.
 */
public final class ConsoleSession implements Phase {
    /** Where the console's answers come from. */
    public interface Source {
        ProxyConfig config();

        /** The client has sent a command, which counts as a query of the console's. */
        void onCommand();

        /** Hands the figures of all lanes to {@code taker}, later, on the lane of the session that asks. */
        void figures(Consumer<ProxyFigures> taker);

        /** Reloads the configuration; {@code taker} hears what is wrong with it, later, as above. */
        void reload(Consumer<List<String>> taker);

        /** Begins to end the proxy. */
        void end(Ending how);
    }

    private final Wire wire;
    private final Source source;
    private final boolean isAdmin;
    private final Queue<Runnable> pending = new ArrayDeque<>();
    private boolean isAsking;
    private final ShowCommands shows;
    private final FrameReader frames;
    private boolean isOver;

    /** Greets the client. {@code isAdmin}: may it change anything? {@code version} is what SHOW VERSION says. */
    public ConsoleSession(Wire wire, Source source, boolean isAdmin, String version) {
        this.wire = wire;
        this.source = source;
        this.isAdmin = isAdmin;
        this.shows = new ShowCommands(source::config, isAdmin, version);
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
            case FrontendType.QUERY -> {
                String sql = frames.body().readString();
                pending.add(() -> onQuery(sql));
                answerNext();
            }
            case FrontendType.TERMINATE -> {
                isOver = true;
                wire.close();
            }
            case FrontendType.SYNC, FrontendType.FLUSH -> {
                pending.add(() -> answer(out -> {}));
                answerNext();
            }
            default -> end(ProxyError.CONSOLE_IS_SIMPLE.fields());
        }
    }

    private void answerNext() {
        while (!isAsking && !isOver) {
            Runnable next = pending.poll();
            if (next == null) {
                return;
            }
            next.run();
        }
    }

    private void onQuery(String sql) {
        source.onCommand();
        CommandWords words = CommandWords.parse(sql);
        if (words == null || !words.isShow()) {
            act(sql);
        } else if (words.isTooLong()) {
            answer(out -> ProxyError.CONSOLE_ARGUMENTS_BAD.fields().writeError(out));
        } else {
            show(shows.find(words.argument(), sql));
        }
    }

    private void act(String sql) {
        String command = sql.strip().replaceAll(";+$", "").strip().toLowerCase(Locale.ROOT);
        switch (command.replaceAll("\\s+", " ")) {
            case "" -> answer(out -> BackendMessages.bare(out, BackendType.EMPTY_QUERY_RESPONSE));
            case "reload" -> asAdmin("RELOAD", this::reload);
            case "shutdown" -> asAdmin("SHUTDOWN", () -> shutDown(Ending.IMMEDIATE));
            case "shutdown wait_for_clients" -> asAdmin("SHUTDOWN", () -> shutDown(Ending.WAIT_FOR_CLIENTS));
            case "shutdown wait_for_servers" -> asAdmin("SHUTDOWN", () -> shutDown(Ending.WAIT_FOR_SERVERS));
            default ->
                answer(out -> ProxyError.CONSOLE_COMMAND_UNKNOWN.fields(sql).writeError(out));
        }
    }

    private void asAdmin(String command, Runnable action) {
        if (isAdmin) {
            action.run();
        } else {
            answer(out -> ProxyError.ADMIN_NEEDED.fields(command).writeError(out));
        }
    }

    private void reload() {
        pause();
        source.reload(problems -> resume(out -> {
            if (problems.isEmpty()) {
                BackendMessages.commandComplete(out, "RELOAD");
            } else {
                ProxyError.RELOAD_REFUSED
                        .fields(problems.size(), problems.getFirst())
                        .writeError(out);
            }
        }));
    }

    private void shutDown(Ending how) {
        answer(out -> BackendMessages.commandComplete(out, "SHUTDOWN"));
        wire.flush();
        source.end(how);
    }

    private void show(ShowCommands.Answer shown) {
        switch (shown) {
            case ShowCommands.Now now -> answer(now.writer());
            case ShowCommands.OfFigures later -> {
                pause();
                source.figures(figures ->
                        resume(out -> ShowCommands.write(out, later.table().apply(figures))));
            }
        }
    }

    private void pause() {
        isAsking = true;
        wire.setReading(false);
    }

    private void resume(Consumer<ByteBuf> writer) {
        if (!isOver) {
            isAsking = false;
            answer(writer);
            answerNext();
            wire.setReading(!isAsking && wire.isWritable());
            wire.flush();
        }
    }

    private void answer(Consumer<ByteBuf> writer) {
        ByteBuf out = wire.allocator().buffer(1024);
        writer.accept(out);
        BackendMessages.readyForQuery(out, 'I');
        wire.write(out);
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
        wire.setReading(!isAsking && wire.isWritable());
    }

    @Override
    public void onClosed() {
        isOver = true;
        frames.close();
    }
}
