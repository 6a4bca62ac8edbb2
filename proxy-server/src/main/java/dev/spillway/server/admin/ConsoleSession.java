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
import dev.spillway.core.session.ConnectionLog.ClientEnd;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.Wire;
import dev.spillway.core.stats.ClientReading;
import dev.spillway.core.stats.Connections;
import dev.spillway.core.stats.LaneView;
import dev.spillway.core.stats.SocketTables;
import dev.spillway.core.stats.Table;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client of the console, from its ReadyForQuery on: answers commands, sent as simple queries or in the extended protocol.
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

        /** A command of it is answered by {@code error}, and the client stays. */
        void onRefused(ErrorFields error);

        /** The client's connection ends; {@code told}: the error that it gets, null if none. */
        void onEnd(ClientEnd how, String why, @Nullable ErrorFields told);

        /** What {@code read} finds on each lane, which it runs on; completed on whatever thread. */
        <T> CompletableFuture<List<T>> gather(Function<LaneView, T> read);

        /** What a look at its clients finds on each lane; completed on whatever thread. */
        <T> CompletableFuture<List<T>> look(Supplier<ClientReading.Look<T>> look);

        /** All connections; {@code areAll}: with those to servers, and those that log in. */
        Connections connections(boolean areAll);

        /** Runs what takes longer than a lane should be kept. */
        Executor work();

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

    /** Messages that may wait behind one that takes long; whoever sends more is not read on. */
    private static final int MOST_PENDING = 64;

    private static final int PORTION_BYTES = 32_768;

    private static final ActingCommands.Answer NOBODY = new ActingCommands.Answer("");

    private final Wire wire;
    private final Source source;
    private final CommandBook book;
    private final ExtendedQuery extended = new ExtendedQuery(new Host());
    private final CancelKey key;
    /** The command that is not done yet; null if there is none, or none that can be cancelled. */
    private @Nullable CompletableFuture<ActingCommands.Answer> running;

    /** The rows that are on their way; null: none are. */
    private @Nullable RowStream stream;

    /** Is the next portion of them being made? Then nothing else touches them. */
    private boolean isPortionAwaited;

    private final Queue<Runnable> pending = new ArrayDeque<>();
    private boolean isAsking;
    private final FrameReader frames;
    private boolean isInBlock;
    private boolean isOver;

    /** Greets the client. {@code isAdmin}: may it change anything? {@code version} is what SHOW VERSION says. */
    public ConsoleSession(Wire wire, Source source, boolean isAdmin, String version) {
        this.wire = wire;
        this.source = source;
        this.book = new CommandBook(source, isAdmin, version);
        this.key = source.open(this::cancel);
        this.frames = new FrameReader(wire.allocator(), FrontendType.READY_RULES);
        ByteBuf greeting = wire.allocator().buffer(256);
        // psql and drivers want to know these of any server.
        BackendMessages.parameterStatus(greeting, "server_version", ServerVersion.text(version));
        BackendMessages.parameterStatus(greeting, "client_encoding", "UTF8");
        BackendMessages.parameterStatus(greeting, "server_encoding", "UTF8");
        BackendMessages.parameterStatus(greeting, "DateStyle", "ISO");
        BackendMessages.parameterStatus(greeting, "TimeZone", "GMT");
        BackendMessages.parameterStatus(greeting, "integer_datetimes", "on");
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
        byte type = frames.type();
        switch (type) {
            case FrontendType.QUERY -> {
                String sql = frames.body().readString();
                inTurn(() -> onQuery(sql));
            }
            case FrontendType.TERMINATE -> {
                isOver = true;
                source.onEnd(ClientEnd.LEFT, ClientEnd.SAID_GOODBYE, null);
                wire.close();
            }
            case FrontendType.FUNCTION_CALL -> inTurn(this::onFunctionCall);
            case FrontendType.COPY_DATA, FrontendType.COPY_DONE, FrontendType.COPY_FAIL -> {} // as PostgreSQL does
            default -> {
                inTurn(extended.read(type, frames.body()));
                if (type == FrontendType.SYNC) {
                    inTurn(() -> write(this::ready));
                }
            }
        }
    }

    private void inTurn(Runnable step) {
        pending.add(step);
        answerNext();
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
        if (!extended.isSkipping()) {
            extended.onQuery();
            run(book.find(sql), this::answer);
        }
    }

    /** What the extended protocol is part of. */
    private final class Host implements ExtendedQuery.Host {
        @Override
        public Request find(String sql) {
            return book.find(sql);
        }

        @Override
        public void run(Request request, Consumer<Outcome> taker) {
            ConsoleSession.this.run(request, taker);
        }

        @Override
        public void write(Consumer<ByteBuf> writer) {
            ConsoleSession.this.write(writer);
        }

        @Override
        public void refuse(ErrorFields error) {
            write(out -> ConsoleSession.this.refuse(out, error));
        }

        @Override
        public void stream(RowStream rows) {
            send(rows);
        }

        @Override
        public boolean isInBlock() {
            return isInBlock;
        }
    }

    private void onFunctionCall() {
        if (!extended.isSkipping()) {
            answer(new Outcome.Failed(ProxyError.CONSOLE_HAS_NO_FUNCTIONS.fields()));
        }
    }

    /** Of a simple query. */
    private void answer(Outcome outcome) {
        extended.endOfTransaction();
        switch (outcome) {
            case Outcome.Failed(ErrorFields error) -> finish(out -> refuse(out, error));
            case Outcome.Told(Consumer<ByteBuf> writer) -> finish(writer);
            case Outcome.Rows(RowSource rows) -> send(rows, RowForm.TEXT);
            case Outcome.Copied(RowSource rows) -> send(rows, RowForm.COPY);
        }
    }

    private void send(RowSource rows, RowForm form) {
        write(out -> form.begin(out, rows.columns()));
        send(new RowStream(rows, form, 0, this::finish, error -> finish(out -> refuse(out, error))));
    }

    private void refuse(ByteBuf out, ErrorFields error) {
        source.onRefused(error);
        error.writeError(out);
    }

    private void finish(Consumer<ByteBuf> writer) {
        write(out -> {
            writer.accept(out);
            ready(out);
        });
    }

    private void ready(ByteBuf out) {
        BackendMessages.readyForQuery(out, isInBlock ? 'T' : 'I');
    }

    private void write(Consumer<ByteBuf> writer) {
        ByteBuf out = wire.allocator().buffer(1024);
        writer.accept(out);
        wire.write(out);
    }

    private void run(Request request, Consumer<Outcome> taker) {
        source.onCommand();
        switch (request) {
            case Request.Refusal(ErrorFields error) -> taker.accept(new Outcome.Failed(error));
            case Request.Nothing() ->
                taker.accept(new Outcome.Told(out -> BackendMessages.bare(out, BackendType.EMPTY_QUERY_RESPONSE)));
            case Request.Block(String tag, boolean isOpen) -> {
                isInBlock = isOpen;
                taker.accept(new Outcome.Told(out -> BackendMessages.commandComplete(out, tag)));
            }
            case Request.Telling(Consumer<ByteBuf> writer) -> taker.accept(new Outcome.Told(writer));
            case Request.Showing(ShowCommands.Answer answer) -> show(answer, taker);
            case Request.Watching(Supplier<CompletableFuture<TraceFeed>> begin, boolean isCopied) ->
                watch(begin.get(), isCopied ? Outcome.Copied::new : Outcome.Rows::new, taker);
            case Request.Acting(Request.Deed deed) -> await(deed.begin(), taker);
        }
    }

    private void show(ShowCommands.Answer answer, Consumer<Outcome> taker) {
        switch (answer) {
            case ShowCommands.Now now ->
                taker.accept(new Outcome.Rows(new TableRows(now.table().get())));
            case ShowCommands.OneByOne(Supplier<SocketTables.Form> form) -> {
                SocketTables.Form shown = form.get();
                taker.accept(new Outcome.Rows(new ConnectionRows(source.connections(shown.areAll()), shown)));
            }
            case ShowCommands.OfLanes<?> later -> {
                pause();
                var _ = later.gather(source)
                        .whenCompleteAsync(
                                (table, failure) -> resume(() -> taker.accept(
                                        table == null
                                                ? new Outcome.Failed(errorOf(failure))
                                                : new Outcome.Rows(new TableRows(table)))),
                                source.executor());
            }
        }
    }

    // ---- rows --------------------------------------------------------------------------

    private void watch(
            CompletableFuture<TraceFeed> begun, Function<TraceFeed, Outcome> outcome, Consumer<Outcome> taker) {
        pause();
        var _ = begun.whenCompleteAsync(
                (feed, failure) -> {
                    if (feed != null && isOver) {
                        feed.stop("");
                    }
                    resume(() ->
                            taker.accept(feed == null ? new Outcome.Failed(errorOf(failure)) : outcome.apply(feed)));
                },
                source.executor());
    }

    /** Sends them as they come. The client is read on meanwhile, so that its leaving is noticed. */
    private void send(RowStream rows) {
        isAsking = true;
        stream = rows;
        rows.source().whenMore(() -> source.executor().execute(this::sendMore));
    }

    private void sendMore() {
        RowStream rows = stream;
        if (rows == null || isOver || isPortionAwaited) {
            return;
        }
        rows.source().look();
        if (rows.hasRows() && wire.isWritable()) {
            isPortionAwaited = true;
            source.work().execute(() -> make(rows));
        } else if (rows.isDone()) {
            stream = null;
            resume(rows::end);
        }
    }

    /** Makes the next portion, not on the lane. */
    private void make(RowStream rows) {
        ByteBuf out = wire.allocator().buffer(PORTION_BYTES);
        rows.write(out);
        try {
            source.executor().execute(() -> send(out));
        } catch (RejectedExecutionException e) { // the lane has ended
            out.release();
        }
    }

    private void send(ByteBuf portion) {
        isPortionAwaited = false;
        wire.write(portion);
        wire.flush();
        sendMore();
    }

    // ---- commands that change something ----------------------------------------------------------------------------

    /** Answers when the command is done. Its client is read on meanwhile, so that its leaving is noticed. */
    private void await(CompletableFuture<ActingCommands.Answer> command, Consumer<Outcome> taker) {
        isAsking = true;
        running = command;
        var _ = command.whenCompleteAsync((done, failure) -> onDone(done, failure, taker), source.executor());
    }

    private void onDone(ActingCommands.@Nullable Answer done, @Nullable Throwable failure, Consumer<Outcome> taker) {
        running = null;
        resume(() -> taker.accept(
                done == null ? new Outcome.Failed(errorOf(failure)) : new Outcome.Told(out -> tell(out, done))));
        if (done != null) {
            done.next().run();
        }
    }

    private static void tell(ByteBuf out, ActingCommands.Answer done) {
        if (!done.notice().isEmpty()) {
            ErrorFields.of("NOTICE", Sqlstate.SUCCESSFUL_COMPLETION, done.notice())
                    .writeNotice(out);
        }
        BackendMessages.commandComplete(out, done.tag());
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
        RowStream rows = stream;
        if (rows != null) {
            rows.source().stop("canceled");
        }
    }

    private void pause() {
        isAsking = true;
        wire.setReading(false);
    }

    private void resume(Runnable answer) {
        if (!isOver) {
            isAsking = false;
            answer.run();
            answerNext();
            updateReading();
            wire.flush();
        }
    }

    private void end(ErrorFields error) {
        isOver = true;
        source.onEnd(ClientEnd.PROTOCOL_BROKEN, error.message(), error);
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
        sendMore();
    }

    private void updateReading() {
        boolean isWaitingForFigures = isAsking && running == null && stream == null;
        wire.setReading(!isWaitingForFigures && pending.size() < MOST_PENDING && wire.isWritable());
    }

    @Override
    public void onClosed() {
        if (!isOver) {
            source.onEnd(ClientEnd.LEFT, ClientEnd.GONE, null);
        }
        isOver = true;
        source.close(key);
        frames.close();
        extended.close();
        RowStream rows = stream;
        if (rows != null) {
            rows.source().stop("");
        }
        CompletableFuture<ActingCommands.Answer> command = running;
        if (command != null) {
            command.complete(NOBODY); // what it has begun stays
        }
    }
}
