package dev.spillway.core.session;

import dev.spillway.core.auth.AuthStep;
import dev.spillway.core.auth.ClientAuth;
import dev.spillway.core.auth.PasswordQuestion;
import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.protocol.startup.StartupDecoder;
import dev.spillway.core.protocol.startup.StartupPacket;
import dev.spillway.core.session.ConnectionLog.ClientEnd;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client from its first byte until it is authenticated.
 *
 * <p>It accepts, in this order and nothing else: encryption requests (each at most once), one startup packet
 * or cancel request, then as many password messages as the authentication asks for. Before these PostgreSQL may have to be
 * asked about the user. Every message is bounded in length, and the lane bounds the whole in time. Then the {@link Reception} decides what the client becomes.
 */
public final class ClientLogin implements Phase {
    /** Decides about clients; one per lane. */
    public interface Reception {
        /** May this client have TLS if it asks for it? Then {@link #secure} is called next, with the answer sent. */
        default boolean offersTls(Wire wire) {
            return false;
        }

        /** Has the transport begin the handshake with what comes next. */
        default void secure(Wire wire) {
            throw new IllegalStateException("no TLS was offered");
        }

        /**
         * How this client is to prove who it is.
         *
         * @throws Refused if it is not even asked who it is
         */
        Proof authentication(Wire wire, StartupRequest request);

        /**
         * The client is who it says: gives it its next phase by {@link Wire#become}.
         *
         * @throws Refused with the error that ends the connection
         */
        void admit(Wire wire, StartupRequest request, ClientLogin login);

        /** A cancel request; runs {@code ended} once, when it has been dealt with: now or later, on this connection's event loop. */
        void cancel(StartupPacket.CancelRequest request, Runnable ended);
    }

    private static final byte[] NOTHING = {};
    private static final int MAX_MINOR = 2;
    /** The request that begins an exchange, and the message that ends it. */
    private static final int SASL = 10;

    private static final int SASL_FINAL = 12;

    private final Wire wire;
    private final SessionPorts ports;
    private final Reception reception;
    private final FrameReader frames;
    private @Nullable ByteBuf startup;
    private @Nullable StartupRequest request;
    private @Nullable UserLookup lookup;
    private @Nullable ClientAuth auth;
    private @Nullable StoredSecret secret;
    private boolean sslAsked;
    private boolean gssAsked;
    private boolean isDeriving;
    /** What another is being asked about the user; null: nothing. */
    private @Nullable PasswordQuestion question;

    private boolean isOver;
    private boolean isCancelling;
    private boolean isSasl;
    /** Has it said so where a startup packet is due? It expects no words, and a driver would take them for a fault. */
    private boolean isLeaving;

    private final long sinceMillis;
    private final long sinceNanos;

    public ClientLogin(Wire wire, SessionPorts ports, Reception reception) {
        this.wire = wire;
        this.ports = ports;
        this.reception = reception;
        this.frames = new FrameReader(wire.allocator(), FrontendType.LOGIN_RULES);
        this.sinceMillis = ports.nowMillis();
        this.sinceNanos = ports.nowNanos();
    }

    @Override
    public void onRead(ByteBuf bytes) {
        if (isOver) {
            bytes.release();
            return;
        }
        try {
            if (request == null) {
                readStartup(bytes);
            } else {
                readAnswers(bytes);
            }
        } catch (ProtocolViolation e) {
            refuse(ProxyError.PROTOCOL.fields(e.text()));
        } catch (Refused e) {
            refuse(e);
        }
        wire.flush();
    }

    private LogSubject subject() {
        return request == null
                ? LogSubject.client(wire, sinceMillis)
                : LogSubject.client(wire, request.database(), request.user(), sinceMillis);
    }

    private void readStartup(ByteBuf bytes) {
        ByteBuf in = join(startup, bytes);
        startup = in;
        while (!isOver && request == null) {
            isLeaving = StartupDecoder.isTerminate(in);
            StartupPacket packet = StartupDecoder.decode(in);
            if (packet == null) {
                keep(in);
                return;
            }
            onPacket(packet, in);
        }
        startup = null;
        in.release();
    }

    /** What was kept and what has come now; takes {@code bytes}. */
    private static ByteBuf join(@Nullable ByteBuf kept, ByteBuf bytes) {
        if (kept == null) {
            return bytes;
        }
        boolean fits = bytes.readableBytes() <= kept.maxWritableBytes();
        if (fits) {
            kept.writeBytes(bytes);
        }
        bytes.release();
        if (!fits) {
            throw new ProtocolViolation("the client sent more than its startup packet");
        }
        return kept;
    }

    /** What is not a whole packet yet, in a buffer that can grow to one and not further. */
    private void keep(ByteBuf in) {
        if (in.maxCapacity() != StartupDecoder.MAX_PACKET_BYTES * 2 || in.readerIndex() > 0) {
            startup = wire.allocator()
                    .buffer(256, StartupDecoder.MAX_PACKET_BYTES * 2)
                    .writeBytes(in, in.readerIndex(), Math.min(in.readableBytes(), StartupDecoder.MAX_PACKET_BYTES));
            in.release();
        }
    }

    private void onPacket(StartupPacket packet, ByteBuf rest) {
        switch (packet) {
            case StartupPacket.SslRequest() -> onSslRequest(rest);
            case StartupPacket.GssEncRequest() -> gssAsked = refuseEncryption(gssAsked, rest);
            case StartupPacket.CancelRequest cancel -> {
                isOver = true;
                isCancelling = true;
                // Programs wait for the end of this connection before they send what the cancel must not hit.
                reception.cancel(cancel, wire::close);
            }
            case StartupPacket.StartupMessage message -> {
                requireNoMore(rest.isReadable(), "startup packet");
                onStartupMessage(message);
            }
        }
    }

    /** The next phase would never see what came too early, and the client would wait for its answer for ever. */
    private static void requireNoMore(boolean isMore, String than) {
        if (isMore) {
            throw new ProtocolViolation("the client sent more than its " + than);
        }
    }

    /** What comes behind it in clear text may be from whoever stands between, and must not be taken for the client's. */
    private void onSslRequest(ByteBuf rest) {
        if (wire.protection() != null) {
            throw new ProtocolViolation("the client asked for TLS inside of TLS");
        }
        if (sslAsked || !reception.offersTls(wire)) {
            sslAsked = refuseEncryption(sslAsked, rest);
            return;
        }
        sslAsked = answerEncryption('S', rest);
        wire.flush();
        reception.secure(wire);
    }

    private boolean refuseEncryption(boolean isAskedBefore, ByteBuf rest) {
        if (isAskedBefore) {
            throw new ProtocolViolation("the client asked for encryption twice");
        }
        return answerEncryption('N', rest);
    }

    private boolean answerEncryption(char answer, ByteBuf rest) {
        if (rest.isReadable()) {
            throw new ProtocolViolation("received unencrypted data after an encryption request");
        }
        wire.write(wire.allocator().buffer(1).writeByte(answer));
        return true;
    }

    private void onStartupMessage(StartupPacket.StartupMessage message) {
        StartupRequest read = StartupRequest.of(message);
        request = read;
        ports.log().clientAsks(subject(), read.replication());
        negotiate(message);
        onProof(reception.authentication(wire, read));
    }

    private void onProof(Proof proof) {
        switch (proof) {
            case Proof.By(ClientAuth machine, StartupRequest as, StoredSecret known) -> {
                request = as;
                secret = known;
                auth = machine;
                onStep(machine.start());
            }
            case Proof.After after -> {
                lookup = after.lookup();
                after.lookup().begin(new LookupEnd(after));
            }
        }
    }

    private final class LookupEnd implements UserLookup.Outcome {
        private final Proof.After asked;

        LookupEnd(Proof.After asked) {
            this.asked = asked;
        }

        @Override
        public void found(@Nullable FoundUser user) {
            lookup = null;
            try {
                onProof(asked.next().apply(user));
            } catch (Refused e) {
                refuse(e);
            }
            wire.flush();
        }

        @Override
        public void failed(ErrorFields told, String why) {
            lookup = null;
            end(ClientEnd.LOGIN_FAILED, why, told);
        }
    }

    private void negotiate(StartupPacket.StartupMessage message) {
        List<String> unknown = new ArrayList<>();
        for (String name : message.parameters().keySet()) {
            if (name.startsWith("_pq_.")) {
                unknown.add(name);
            }
        }
        if (message.minorVersion() > MAX_MINOR || !unknown.isEmpty()) {
            ByteBuf reply = wire.allocator().buffer(64);
            BackendMessages.negotiateProtocolVersion(reply, Math.min(message.minorVersion(), MAX_MINOR), unknown);
            wire.write(reply);
        }
    }

    private void readAnswers(ByteBuf bytes) {
        frames.feed(bytes);
        try {
            while (!isOver && frames.next()) {
                ClientAuth machine = auth;
                if (isDeriving || question != null || machine == null) {
                    throw new ProtocolViolation("unexpected password message");
                }
                int length = frames.end() - frames.start() - FrameReader.HEADER_BYTES;
                if (length > machine.responseLimitBytes()) {
                    throw new ProtocolViolation("password message too long");
                }
                requireNoMore(frames.hasMore(), "password message");
                onStep(machine.onResponse(frames.body().readBytes(length)));
            }
        } finally {
            frames.finish();
        }
    }

    private void onStep(AuthStep step) {
        switch (step) {
            case AuthStep.Send(int code, byte[] body) -> {
                isSasl |= code == SASL;
                writeAuthentication(code, body);
            }
            case AuthStep.NeedsDerivation(var derivation) -> {
                isDeriving = true;
                ports.derive(derivation, this::onDerived);
            }
            case AuthStep.NeedsJudgement(var asked) -> {
                question = asked;
                ports.ask(asked, this::onJudged);
            }
            case AuthStep.Done(byte[] finalBody, StoredSecret taught) -> {
                if (taught != null) {
                    secret = taught;
                }
                if (finalBody != null) {
                    writeAuthentication(SASL_FINAL, finalBody);
                }
                admit();
            }
            case AuthStep.Failed(String detail, boolean isViolation) -> onFailed(detail, isViolation);
        }
    }

    private void onDerived(byte[] salted) {
        isDeriving = false;
        goOn(machine -> machine.resume(salted));
    }

    private void onJudged(@Nullable String refusal) {
        question = null;
        goOn(machine -> machine.judged(refusal));
    }

    /** What was asked elsewhere has been answered. */
    private void goOn(Function<ClientAuth, AuthStep> next) {
        ClientAuth machine = auth;
        if (isOver || machine == null) {
            return;
        }
        try {
            onStep(next.apply(machine));
        } catch (Refused e) {
            refuse(e);
        }
        wire.flush();
    }

    private void onFailed(String detail, boolean isViolation) {
        String user = request == null ? "" : request.user();
        ClientAuth machine = auth;
        if (isViolation || machine == null) {
            end(ClientEnd.LOGIN_FAILED, detail, ProxyError.AUTHENTICATION_GARBLED.fields(user, detail));
        } else {
            ClientEnd byPassword = machine.isJudgedByOthers() ? ClientEnd.JUDGED : ClientEnd.PASSWORD_WRONG;
            ClientEnd how = isSasl ? ClientEnd.SASL_FAILED : byPassword;
            end(how, detail, machine.failure().fields(user));
        }
    }

    private void admit() {
        StartupRequest known = request;
        if (known != null) {
            isOver = true;
            reception.admit(wire, known, this);
        }
    }

    /** Writes AuthenticationOk; the {@link Reception}'s to call before anything else that goes to the client. */
    public void writeOk() {
        writeAuthentication(0, NOTHING);
    }

    private void writeAuthentication(int code, byte[] body) {
        ByteBuf message = wire.allocator().buffer(body.length + 9);
        BackendMessages.authentication(message, code, body);
        wire.write(message);
    }

    /** What the login has taught us of the user's password, which is in no configuration; null: nothing. */
    public @Nullable StoredSecret secret() {
        return secret;
    }

    /** Has another said that it is who it says, by its password? */
    public boolean isJudgedByOthers() {
        ClientAuth machine = auth;
        return machine != null && machine.isJudgedByOthers();
    }

    /** What PostgreSQL is being asked about the user; null: nothing. */
    public @Nullable UserLookup lookup() {
        return lookup;
    }

    private void refuse(Refused refused) {
        end(ClientEnd.LOGIN_FAILED, refused.why(), refused.error());
    }

    /** Sends an error and closes. */
    public void refuse(ErrorFields error) {
        end(ClientEnd.LOGIN_FAILED, error.message(), error);
    }

    /** The same for one of so many that a line in the log for each would be one too many. */
    public void turnAway(ErrorFields error) {
        end(ClientEnd.TURNED_AWAY, error.message(), error);
    }

    /** One that asked to cancel expects no words, nor one that leaves. */
    private void end(ClientEnd how, String why, ErrorFields error) {
        ports.log().clientEnded(subject(), how, why, isCancelling || isLeaving ? null : error);
        if (!isCancelling && !isLeaving) {
            ByteBuf message = wire.allocator().buffer(128);
            error.writeError(message);
            wire.write(message);
        }
        isOver = true;
        stopAsking();
        wire.close();
    }

    private void stopAsking() {
        PasswordQuestion asked = question;
        question = null;
        if (asked != null) {
            asked.drop();
        }
        UserLookup begun = lookup;
        lookup = null;
        if (begun != null) {
            begun.abandon();
        }
    }

    public Wire wire() {
        return wire;
    }

    /** Did it come to have something cancelled, and waits until that is done? */
    public boolean isCancelling() {
        return isCancelling;
    }

    /** The handshake of TLS has failed, and the transport closes the connection: why. */
    public void onUnprotected(String why) {
        if (!isOver) {
            isOver = true;
            ports.log().clientEnded(subject(), ClientEnd.LOGIN_FAILED, why, null);
        }
    }

    /** When the client came. */
    public long sinceNanos() {
        return sinceNanos;
    }

    /** Has it ended, well or badly? */
    public boolean isOver() {
        return isOver;
    }

    @Override
    public void onReadComplete() {
        wire.flush();
    }

    @Override
    public void onWritabilityChanged() {}

    /** Is it the client's turn, and has it not begun? */
    private boolean isWaited() {
        return (startup == null || !startup.isReadable())
                && frames.heldBytes() == 0
                && lookup == null
                && question == null;
    }

    @Override
    public void onClosed() {
        if (!isOver) {
            ports.log()
                    .clientEnded(subject(), isWaited() ? ClientEnd.LEFT_EARLY : ClientEnd.LEFT, ClientEnd.GONE, null);
        }
        isOver = true;
        stopAsking();
        frames.close();
        ByteBuf kept = startup;
        startup = null;
        if (kept != null) {
            kept.release();
        }
    }
}
