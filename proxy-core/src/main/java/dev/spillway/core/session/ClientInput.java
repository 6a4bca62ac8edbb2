package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.protocol.trace.MessageMeter;
import dev.spillway.core.session.ConnectionLog.ClientEnd;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends: each frame is forwarded, held, refused or answered here. One per client, called by its session.
 *
 * <p>What the client sends while it waits for a server is held, up to {@link HeldBytes#LIMIT_BYTES}, and read on, so that
 * its leaving is noticed. Nothing else is kept: an idle client has no buffer here.
 *
 * <p>Frames are forwarded by type and length. A statement's text is looked into at its first word while the client's settings
 * are not yet known to be in force, and by the server's {@link Suspicion} where session state is tracked.
 */
final class ClientInput {
    private final ClientSession client;
    private final Wire wire;
    private final LocalAnswers answers;
    private final RestoreGuard restoreGuard;
    private final FrameReader frames;
    private final Run run = new Run(this::sendRun);
    private final StatementInput statements;
    private final HeldBytes held = new HeldBytes();
    private boolean forwardsFrame;
    /** Is something held for no other reason than that much has been sent which is not answered yet? */
    private boolean isAhead;
    /** Is something held for no other reason than that too little of it has come? */
    private boolean isShort;
    /** Is the client owed so many replies that it is not read? */
    private boolean isOwedMuch;
    /** Null: nobody wants to know what the client runs. */
    private @Nullable StatementTexts texts;

    ClientInput(ClientSession client, Wire wire, LocalAnswers answers, ClientState state) {
        this.client = client;
        this.wire = wire;
        this.answers = answers;
        this.restoreGuard = state.guard();
        this.statements = new StatementInput(client, state, run);
        this.frames =
                new FrameReader(wire.allocator(), client.pool().preparing().rules());
    }

    /** Takes what was read. */
    void take(ByteBuf bytes) {
        if (held.isEmpty() && !client.isTravelling()) {
            process(bytes);
        } else {
            held.add(bytes, wire.allocator());
            if (isShort && !client.isTravelling()) {
                processHeld();
            }
            updateReading();
        }
    }

    private void process(ByteBuf bytes) {
        frames.feed(bytes);
        try {
            while (!client.isClosed() && held.isEmpty() && frames.next()) {
                onPiece();
            }
            run.flush();
        } catch (ProtocolViolation e) {
            run.flush();
            client.close(ClientEnd.PROTOCOL_BROKEN, ProxyError.PROTOCOL.fields(e.text()));
        } finally {
            frames.finish();
        }
        client.releaseIfDone();
        updateReading();
    }

    // hot: a linked client whose settings are in force takes the last branch
    private void onPiece() {
        if (frames.isContinuation()) {
            if (forwardsFrame) {
                forwardMore();
            }
            return;
        }
        forwardsFrame = false;
        byte type = frames.type();
        if (type == FrontendType.TERMINATE) {
            run.flush();
            client.leave(ClientEnd.LEFT, ClientEnd.SAID_GOODBYE, null);
        } else if (client.channels().isBusy()) {
            holdFromHere();
        } else if (answers.isRefusing()) {
            answers.onRefused(type);
        } else if (client.server() == null && !Requests.needsServer(type)) {
            answers.onNeedless(type);
        } else if (client.server() == null && statements.isAnswered(frames, answers)) {
            return;
        } else if (client.server() == null && !client.acquire()) {
            holdFromHere();
            client.place().begin(client.ports().nowNanos());
        } else if (restoreGuard.mustWait(frames, statements)) {
            holdFromHere();
        } else if (mustYield(type)) {
            isAhead = true;
            holdFromHere();
        } else {
            forward();
        }
    }

    private void forward() {
        ServerSession linked = client.server();
        if (linked == null) {
            return; // the link ended in the same moment: the connection is being closed
        }
        ReplyQueue.Kind kind = Requests.kindOf(frames);
        if (linked.replies().mustWait(kind)) {
            holdFromHere();
            Prompts.flushGroup(linked);
            return;
        }
        if (linked.pipelined() == 0) {
            client.clock().asked(client.ports().nowNanos());
            texts = client.pool().slow().withText() ? nextTexts() : null;
        }
        if (texts != null) {
            texts.note(frames, statements);
        }
        if (statements.isConcerned(frames, linked) && isTaken(linked)) {
            return;
        }
        if (kind == null || Requests.note(linked, kind, frames, null)) {
            forwardsFrame = true;
            run.add(frames);
        } else {
            run.flush();
        }
    }

    private StatementTexts nextTexts() {
        StatementTexts next = texts == null ? new StatementTexts() : texts;
        next.begin();
        return next;
    }

    /** What the client runs; null: nobody wants to know. */
    @Nullable
    StatementTexts texts() {
        return texts;
    }

    private void forwardMore() {
        ServerSession linked = client.server();
        if (linked != null) {
            linked.session().onSentMore(frames);
        }
        run.add(frames);
    }

    /** Has what concerns prepared statements been dealt with, one way or another? */
    private boolean isTaken(ServerSession linked) {
        switch (statements.take(frames, linked)) {
            case PASSES -> {
                return false;
            }
            case TAKEN -> forwardsFrame = true;
            case WAITS -> {
                holdFromHere();
                Prompts.flushGroup(linked);
            }
            case IS_SHORT -> {
                isShort = true;
                holdFromHere();
            }
        }
        return true;
    }

    private void sendRun(ByteBuf source, int from, int to) {
        ServerSession linked = client.server();
        if (linked != null) {
            linked.send(source, from, to);
        }
    }

    /**
     * A client that always sends the next statement before the last is answered would keep its server for ever. What it sends too
     * far ahead stays here, and where others wait and it has had its time, all of it, until everything before is answered. So does
     * what comes behind a LISTEN, which may rely on that.
     */
    private boolean mustYield(byte type) {
        ServerSession linked = client.server();
        return linked != null
                && linked.pipelined() > 0
                && !client.keepsServer()
                && Requests.needsServer(type)
                && linked.isBetweenGroups()
                && (linked.session().isReadyWatched() || (!linked.isInTransaction() && isTurnOver(linked)));
    }

    private boolean isTurnOver(ServerSession linked) {
        return client.pool()
                .isTurnOver(client.clock(), linked.pipelined(), client.ports().nowNanos());
    }

    private void holdFromHere() {
        run.flush();
        held.add(frames.takeBack(), wire.allocator());
        updateReading();
    }

    void processHeld() {
        isAhead = false;
        isShort = false;
        ByteBuf bytes = held.take();
        if (bytes != null) {
            process(bytes);
        }
        ServerSession linked = client.server();
        if (linked != null) {
            linked.wire().flush();
        }
    }

    /** What is held gets {@code error}. Where there is nothing, what comes next does, unless something {@code isTold} it already. */
    void refuseHeld(LocalAnswers to, ErrorFields error, boolean isTold) {
        if (isHolding()) {
            to.refuseAll(error);
            processHeld();
            to.refuseAll(null);
        } else if (!isTold) {
            to.refuse(error);
        }
    }

    /** More is known: looks anew at what was kept back from a server, which it may still be. */
    void goOn() {
        if (!held.isEmpty()) {
            processHeld();
        }
    }

    /** The server has answered something: half of what was ahead must be, so that what follows goes in few pieces. */
    void onAnswers() {
        ServerSession linked = client.server();
        if (isAhead && linked != null && 2 * linked.pipelined() <= ServerPool.mostAhead(client.clock())) {
            goOn();
        }
        if (isOwedMuch) {
            updateReading();
        }
    }

    /** Reads the client only while what it sends has somewhere to go. */
    void updateReading() {
        ServerSession linked = client.server();
        noteOwed(linked);
        // Without a server, what we answer ourselves must not pile up.
        boolean isTaken = linked == null ? wire.isWritable() : linked.wire().isWritable() && !isOwedMuch;
        wire.setReading(held.hasRoom() && isTaken && !client.isTravelling());
    }

    /** A client that sends no Sync may never be answered all: the server is told to say what it keeps to itself, once nothing is half sent. */
    private void noteOwed(@Nullable ServerSession linked) {
        boolean wasOwedMuch = isOwedMuch;
        int most = wasOwedMuch ? ReplyQueue.MAX_PIPELINED / 2 : ReplyQueue.MAX_PIPELINED;
        isOwedMuch = linked != null && linked.pipelined() >= most && !hasForwardedHalf();
        if (linked != null && isOwedMuch && !wasOwedMuch) {
            Prompts.flushGroup(linked);
        }
    }

    /** Has nothing of a message come without its end? */
    boolean isBetweenMessages() {
        return frames.heldBytes() == 0 && !frames.isInsideFrame();
    }

    /** Brings {@code meter} to where the client is in what it sends. */
    void align(MessageMeter meter) {
        meter.skip(frames.missing());
        Stream.of(frames.held(), held.peek()).filter(Objects::nonNull).forEach(meter::pass);
    }

    /** What has come and is not sent on: messages that wait, and the beginning of one. */
    int heldBytes() {
        return held.bytes() + frames.heldBytes();
    }

    boolean isHolding() {
        return !held.isEmpty();
    }

    boolean isInsideFrame() {
        return frames.isInsideFrame();
    }

    /** Has a server been sent the beginning of a message whose end has not come? */
    boolean hasForwardedHalf() {
        return frames.isInsideFrame() && forwardsFrame;
    }

    /** How many statements the client has prepared by name. */
    int statements() {
        return statements.size();
    }

    /** Must the client keep its server, for a statement's sake? */
    boolean pinsServer() {
        return statements.pinsServer();
    }

    /** Drops what is held. */
    void release() {
        held.release();
        statements.release();
    }

    void close() {
        frames.close();
    }
}
