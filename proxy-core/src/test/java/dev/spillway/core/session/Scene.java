package dev.spillway.core.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.pool.PoolLimits;
import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StatePolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One client, at most one server and their pool, on wires without sockets, moved by words.
 *
 * <p>{@code >Q} the client sends, {@code <Z} the server does, in the {@link Words} of their directions; {@code >Q,S} in one
 * read; {@code >big} the first 20,000 bytes of a Query of 30,000, {@code >more} the rest; {@code >rows} 56 KiB of CopyData; {@code <half} half a DataRow.
 * {@code open} a server logs in; {@code other} another client comes to wait for one, and gives one back at once; {@code client!}, {@code server!} a connection is gone; {@code cancel} a CancelRequest
 * comes; {@code moved} its channels are listened to elsewhere, {@code unmoved} cannot be; {@code news} a notification comes from there;
 * {@code shutdown} the pooler shuts down; {@code sent} a cancel connection of ours has ended well, {@code unsure} not so; {@code +5s} time passes; {@code
 * client=full}, {@code client=free}, {@code server=full}, {@code server=free} a socket takes no more bytes, or does again.
 */
final class Scene {
    private static final int BIG_BYTES = 30_000;
    private static final int HEAD_BYTES = 20_000;

    final FakePorts ports = new FakePorts();
    final FakeWire clientWire = new FakeWire("client:1");
    final FakeWire serverWire = new FakeWire("server:1");
    private final ServerPool pool;
    private final ClientSession client;
    private final CancelKey key = new CancelKey(1, new byte[4]);
    private final ByteArrayOutputStream toServer = new ByteArrayOutputStream();
    private final ByteArrayOutputStream toClient = new ByteArrayOutputStream();
    private @Nullable ServerSession server;
    private boolean clientIsGone;
    private int cancelling;
    private boolean otherWasServed;
    private boolean serverIsGone;

    Scene(PoolMode mode, Snapshot snapshot) {
        this(mode, snapshot, StatePolicy.IGNORE);
    }

    Scene(PoolMode mode, Snapshot snapshot, StatePolicy state) {
        PoolLimits limits = Limits.of(1)
                .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofMinutes(2))
                .build();
        pool = NoCrossing.pool(
                "db/user",
                mode,
                state,
                mode == PoolMode.SESSION || state.resetsAlways() ? "DISCARD ALL" : "",
                limits,
                () -> {});
        ClientIdentity identity = new ClientIdentity("db", "user", key, snapshot, null, "", 0);
        client = new ClientSession(clientWire, ports, pool, identity, parameters());
        ports.register(key, client);
    }

    /** From now on the log hears of these transactions. */
    void tellOf(SlowRule slow) {
        pool.apply(NoCrossing.policy(pool.mode(), StatePolicy.IGNORE, "", slow));
    }

    private static Map<String, String> parameters() {
        return new TreeMap<>(Map.of("TimeZone", "UTC"));
    }

    /** Plays all and ends both connections where they have not ended, so that every buffer must be released. */
    void play(String events) {
        for (String event : events.split(" +", -1)) {
            play1(event);
        }
    }

    void end() {
        clientGone();
        serverGone();
    }

    private void play1(String event) {
        switch (event) {
            case "open" -> open();
            case "other" -> {
                Other other = new Other();
                pool.pool().enqueue(other, ports.nanos);
            }
            case "client!" -> clientGone();
            case "server!" -> serverGone();
            case "cancel" -> {
                cancelling++;
                client.cancel(() -> cancelling--);
            }
            case "shutdown" -> client.close(ProxyError.SHUTTING_DOWN.fields());
            case "sent" -> ports.cancels.remove().ended(true);
            case "moved" -> ports.moves.remove().moved(null);
            case "unmoved" -> ports.moves.remove().moved(ErrorFields.of("ERROR", "25006", "no"));
            case "news" ->
                client.channels()
                        .deliver(
                                UnpooledByteBufAllocator.DEFAULT.buffer().writeBytes(Words.BACKEND.bytes("news")),
                                1_000_000);
            case "unsure" -> ports.cancels.remove().ended(false);
            case "client=full", "client=free" -> {
                clientWire.isWritable = event.endsWith("free");
                client.onWritabilityChanged();
            }
            case "server=full", "server=free" -> {
                serverWire.isWritable = event.endsWith("free");
                server().onWritabilityChanged();
            }
            default -> {
                if (event.startsWith("+")) {
                    pass(Integer.parseInt(event.substring(1, event.length() - 1)));
                } else {
                    read(event.startsWith(">"), event.substring(1));
                }
            }
        }
    }

    private void pass(int seconds) {
        ports.nanos += Duration.ofSeconds(seconds).toNanos();
        pool.pool().tick(ports.nanos, true);
        client.onTick(ports.nanos);
        if (server != null) {
            server.tick(ports.nanos, Duration.ofSeconds(20).toNanos());
        }
    }

    private ServerSession server() {
        if (server == null) {
            throw new IllegalStateException("no server yet");
        }
        return server;
    }

    private void open() {
        if (pool.pool().opening() == 0) {
            Waiter<ServerSession> nobody = new Nobody();
            pool.pool().enqueue(nobody, ports.nanos);
            pool.pool().leave(nobody);
        }
        ServerGreeting greeting = new ServerGreeting(new CancelKey(9, new byte[4]), parameters(), Snapshot.NEUTRAL, 0);
        ServerSession opened = new ServerSession(serverWire, ports, pool, greeting);
        server = opened;
        pool.servers().add(opened);
        pool.pool().onOpened(opened, ports.nanos);
    }

    private void read(boolean isClient, String words) {
        if (isClient ? clientWire.isClosed : serverWire.isClosed) {
            throw new IllegalStateException("closed before " + words);
        }
        Phase phase = isClient ? client : server();
        Words known = isClient ? Words.FRONTEND : Words.BACKEND;
        ByteBuf bytes = UnpooledByteBufAllocator.DEFAULT.buffer();
        for (String word : words.split(",", -1)) {
            switch (word) {
                case "big" ->
                    bytes.writeByte('Q')
                            .writeInt(BIG_BYTES - 1)
                            .writeBytes("select ".getBytes(US_ASCII))
                            .writeZero(HEAD_BYTES - 12);
                case "more" -> bytes.writeZero(BIG_BYTES - HEAD_BYTES);
                case "many" -> {
                    for (int i = 0; i < ReplyQueue.MAX_PIPELINED; i++) {
                        bytes.writeBytes(known.bytes("P"));
                    }
                }
                case "rows" -> {
                    for (int i = 0; i < 8192; i++) {
                        bytes.writeBytes(known.bytes("row"));
                    }
                }
                case "half" -> bytes.writeBytes(known.bytes("D"), 0, known.bytes("D").length / 2);
                default -> bytes.writeBytes(known.bytes(word));
            }
        }
        phase.onRead(bytes);
        phase.onReadComplete();
    }

    private void clientGone() {
        if (!clientIsGone) {
            clientIsGone = true;
            note();
            clientWire.isClosed = true;
            client.onClosed();
        }
    }

    private void serverGone() {
        if (!serverIsGone && server != null) {
            serverIsGone = true;
            note();
            serverWire.isClosed = true;
            server.onClosed();
        }
    }

    private void note() {
        toServer.writeBytes(serverWire.take());
        toClient.writeBytes(clientWire.take());
    }

    String toServer() {
        note();
        return Words.FRONTEND.tell(toServer.toByteArray());
    }

    String toClient() {
        note();
        return Words.BACKEND.tell(toClient.toByteArray());
    }

    /** The client's state, the server's, and what is not as usual. */
    String state() {
        String ofServer = server == null ? "none" : serverWire.isClosed ? "closed" : server.state();
        StringBuilder state = new StringBuilder(clientWire.isClosed ? "closed" : client.state())
                .append('/')
                .append(ofServer);
        if (ofServer.equals("idle") && pool.pool().idle() != 1) {
            state.append(" not in its pool");
        }
        if (ofServer.equals("closed") && pool.pool().open() != 0) {
            state.append(" still counted");
        }
        if (clientWire.isClosed != ports.registered.isEmpty()) {
            state.append(" key left");
        }
        if (!clientWire.isClosed && !clientWire.isReading) {
            state.append(" client-unread");
        }
        if (!serverWire.isClosed && !serverWire.isReading) {
            state.append(" server-unread");
        }
        if (pool.pool().share().pinned() > 0) {
            state.append(" pinned:").append(pool.pool().share().pinned());
        }
        if (otherWasServed) {
            state.append(" other-served");
        }
        if (!ports.cancels.isEmpty()) {
            state.append(" cancels:").append(ports.cancels.size());
        }
        if (cancelling != 0) {
            state.append(" cancelling");
        }
        return state.toString();
    }

    /** What of cancels is under way. */
    String cancels() {
        ServerFacts facts = server().facts();
        return "all:%d asked:%d waiting:%s"
                .formatted(
                        facts.cancels(),
                        facts.askedCancels(),
                        client.facts(ports.nanos).isCancelWaiting());
    }

    /** Another client: {@code state} tells that it has had its turn. */
    private final class Other implements Waiter<ServerSession> {
        @Override
        public void onServed(ServerSession served) {
            otherWasServed = true;
            served.giveBack();
        }

        @Override
        public void onWaitFailed(ErrorFields error, boolean isFinal) {
            throw new IllegalStateException();
        }

        @Override
        public void onLongWait(ErrorFields notice) {
            throw new IllegalStateException();
        }
    }

    /** Makes the pool open a server that nobody waits for. */
    private static final class Nobody implements Waiter<ServerSession> {
        @Override
        public void onServed(ServerSession served) {
            throw new IllegalStateException();
        }

        @Override
        public void onWaitFailed(ErrorFields error, boolean isFinal) {
            throw new IllegalStateException();
        }

        @Override
        public void onLongWait(ErrorFields notice) {
            throw new IllegalStateException();
        }
    }
}
