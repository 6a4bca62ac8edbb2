package dev.spillway.server.admin;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.Wire;
import dev.spillway.core.stats.ProxyFigures;
import dev.spillway.core.stats.Table;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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

        /** What operators have ordered of the databases. */
        Orders orders();

        /** What clients have prepared by protocol, with its texts or without. */
        Table statements(boolean showsTexts);

        /** What each PostgreSQL has. */
        List<HostFigures> hosts();

        /** What the commands that change something do. */
        Operations operations();

        /** Runs what is given to it on the lane of the session. */
        Executor executor();

        /** A key for this session; {@code cancel} runs on its lane when a cancel request comes with it. {@link #close} must follow. */
        CancelKey open(Runnable cancel);

        void close(CancelKey key);
    }

    /** Commands that may wait behind one that takes long; whoever sends more is not read on. */
    private static final int MOST_PENDING = 64;

    private static final ActingCommands.Answer NOBODY = new ActingCommands.Answer("");

    private final Wire wire;
    private final Source source;
    private final ActingCommands acting;
    private final CancelKey key;
    /** The command that is not done yet; null if there is none, or none that can be cancelled. */
    private @Nullable CompletableFuture<ActingCommands.Answer> running;

    private final Queue<Runnable> pending = new ArrayDeque<>();
    private boolean isAsking;
    private final ShowCommands shows;
    private final FrameReader frames;
    private boolean isOver;

    /** Greets the client. {@code isAdmin}: may it change anything? {@code version} is what SHOW VERSION says. */
    public ConsoleSession(Wire wire, Source source, boolean isAdmin, String version) {
        this.wire = wire;
        this.source = source;
        this.shows =
                new ShowCommands(source::config, source::orders, source::statements, source::hosts, isAdmin, version);
        this.acting = new ActingCommands(source.operations(), isAdmin);
        this.key = source.open(this::cancel);
        this.frames = new FrameReader(wire.allocator(), FrontendType.READY_RULES);
        ByteBuf greeting = wire.allocator().buffer(256);
        // psql and drivers want to know these of any server.
        BackendMessages.parameterStatus(greeting, "server_version", "15.0 (" + version + ")");
        BackendMessages.parameterStatus(greeting, "client_encoding", "UTF8");
        BackendMessages.parameterStatus(greeting, "server_encoding", "UTF8");
        BackendMessages.parameterStatus(greeting, "DateStyle", "ISO");
        BackendMessages.parameterStatus(greeting, "TimeZone", "GMT");
        BackendMessages.parameterStatus(greeting, "standard_conforming_strings", "on");
        BackendMessages.backendKeyData(greeting, key);
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
        updateReading();
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
        switch (ConsoleCommand.parse(sql)) {
            case ConsoleCommand.Nothing() -> answer(out -> BackendMessages.bare(out, BackendType.EMPTY_QUERY_RESPONSE));
            case ConsoleCommand.Invalid(ErrorFields error) -> answer(error::writeError);
            case ConsoleCommand.Assignment(String setting, String value) -> await(acting.set(setting, value));
            case ConsoleCommand.Words(String name, String argument)
            when name.equals("show") || name.equals("select") -> show(shows.find(argument, sql));
            case ConsoleCommand.Words words -> await(acting.run(words, sql));
        }
    }

    // ---- commands that change something ----------------------------------------------------------------------------

    /** Answers when the command is done. Its client is read on meanwhile, so that its leaving is noticed. */
    private void await(CompletableFuture<ActingCommands.Answer> command) {
        isAsking = true;
        running = command;
        var _ = command.whenCompleteAsync(this::onDone, source.executor());
    }

    private void onDone(ActingCommands.@Nullable Answer done, @Nullable Throwable failure) {
        running = null;
        resume(out -> {
            if (done == null) {
                errorOf(failure).writeError(out);
                return;
            }
            if (!done.notice().isEmpty()) {
                ErrorFields.of("NOTICE", Sqlstate.SUCCESSFUL_COMPLETION, done.notice())
                        .writeNotice(out);
            }
            BackendMessages.commandComplete(out, done.tag());
        });
        if (done != null) {
            done.next().run();
        }
    }

    private static ErrorFields errorOf(@Nullable Throwable failure) {
        return switch (failure) {
            case CompletionException wrapped when wrapped.getCause() != null -> errorOf(wrapped.getCause());
            case CancellationException cancelled -> ProxyError.CANCELED_WHILE_WAITING.fields();
            case Refused refused -> refused.error();
            case null, default -> ErrorFields.of("ERROR", Sqlstate.INTERNAL_ERROR, String.valueOf(failure));
        };
    }

    private void cancel() {
        CompletableFuture<ActingCommands.Answer> command = running;
        if (command != null) {
            command.cancel(false);
        }
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
            updateReading();
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
        updateReading();
    }

    private void updateReading() {
        boolean isWaitingForFigures = isAsking && running == null;
        wire.setReading(!isWaitingForFigures && pending.size() < MOST_PENDING && wire.isWritable());
    }

    @Override
    public void onClosed() {
        isOver = true;
        source.close(key);
        frames.close();
        CompletableFuture<ActingCommands.Answer> command = running;
        if (command != null) {
            command.complete(NOBODY); // what it has begun stays
        }
    }
}
