package dev.spillway.core.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.channels.Audience;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Listener}, a PostgreSQL that knows LISTEN, UNLISTEN and NOTIFY, and lanes whose tasks run when the test says so. What
 * is sent to PostgreSQL is answered when it says so.
 */
final class ListenerWorld {
    private static final Pattern COMMAND = Pattern.compile("(UNLISTEN|LISTEN) \"(\\w+)\";");

    final FakePorts ports = new FakePorts();
    final List<Deque<Runnable>> lanes = new ArrayList<>();
    final Listener listener;
    final List<String> logins = new ArrayList<>();
    final List<String> gaps = new ArrayList<>();
    private final List<Audience<FakeClient>> audiences = new ArrayList<>();
    private final Set<String> listened = new TreeSet<>();
    private final Deque<byte[]> toProxy = new ArrayDeque<>();
    private final Deque<String> queries = new ArrayDeque<>();
    private final ServerPool pool = pool();
    FakeWire wire = new FakeWire("server:1");

    @Nullable
    ServerSession server;

    /** One that remembers what it has heard. */
    static final class FakeClient {
        final int lane;
        final List<String> heard = new ArrayList<>();
        Set<String> channels = Set.of();
        boolean isMoving;

        @Nullable
        ErrorFields error;

        FakeClient(int lane) {
            this.lane = lane;
        }
    }

    ListenerWorld(int laneCount) {
        for (int i = 0; i < laneCount; i++) {
            lanes.add(new ArrayDeque<>());
            audiences.add(new Audience<>());
        }
        this.listener = new Listener(ports, "db", laneCount, new Listener.Outlet() {
            @Override
            public ServerPool pool(String user) {
                logins.add(user);
                return pool;
            }

            @Override
            public void hand(int lane, String channel, byte[] notifications) {
                lanes.get(lane)
                        .add(() ->
                                audiences.get(lane).of("db", channel).forEach(client -> hear(client, notifications)));
            }

            @Override
            public void tellOfGap(int lane, long missedMillis) {
                lanes.get(lane).add(() -> gaps.add(lane + ": " + missedMillis));
            }
        });
    }

    private static ServerPool pool() {
        return NoCrossing.pool("db/user", PoolMode.TRANSACTION, "", Limits.of(1).build(), () -> {});
    }

    private static void hear(FakeClient client, byte[] notifications) {
        ByteBuffer all = ByteBuffer.wrap(notifications);
        while (all.hasRemaining()) {
            all.get();
            byte[] body = new byte[all.getInt() - Integer.BYTES];
            all.get(body);
            String[] texts = new String(body, Integer.BYTES, body.length - Integer.BYTES, UTF_8).split("\0", -1);
            client.heard.add(texts[0] + texts[1]);
        }
    }

    // ---- clients -----------------------------------------------------------------------------------------------

    /** {@code client} wants {@code after}; {@code done} runs when it may be told. The way of a lane. */
    void listen(FakeClient client, Set<String> after, Runnable done) {
        Set<String> before = client.channels;
        Set<String> added = new TreeSet<>(after);
        added.removeAll(before);
        Set<String> removed = new TreeSet<>(before);
        removed.removeAll(after);
        client.channels = after;
        client.isMoving = true;
        SessionPorts.Moved here = error -> {
            audiences.get(client.lane).remove("db", removed, client);
            if (error == null) {
                audiences.get(client.lane).add("db", added, client);
            }
            client.isMoving = false;
            client.error = error;
            done.run();
        };
        lanes.getFirst()
                .add(() -> listener.change(
                        client.lane,
                        "user" + client.lane,
                        added,
                        removed,
                        error -> lanes.get(client.lane).add(() -> here.moved(error))));
    }

    /** The next task of that lane, if it has one. */
    void run(int lane) {
        Runnable task = lanes.get(lane).poll();
        if (task != null) {
            task.run();
        }
    }

    void runAll() {
        while (lanes.stream().anyMatch(tasks -> !tasks.isEmpty())) {
            for (int lane = 0; lane < lanes.size(); lane++) {
                run(lane);
            }
        }
    }

    // ---- PostgreSQL ----------------------------------------------------------------------------------------------

    /** A server logs in, where one is wanted. */
    void open() {
        wire = new FakeWire("server:1");
        listened.clear();
        toProxy.clear();
        queries.clear();
        ServerGreeting greeting = new ServerGreeting(new CancelKey(9, new byte[4]), Map.of(), Snapshot.NEUTRAL, 0);
        ServerSession opened = new ServerSession(wire, ports, pool, greeting);
        server = opened;
        pool.servers().add(opened);
        pool.pool().onOpened(opened, ports.nanos);
    }

    boolean isOpen() {
        return server != null;
    }

    void lose() {
        ServerSession lost = server;
        server = null;
        if (lost != null) {
            wire.isClosed = true;
            lost.onClosed();
        }
    }

    /** Somebody notifies. */
    void notify(String channel, int id) {
        if (server != null && listened.contains(channel)) {
            byte[] texts = (channel + "\0" + id + "\0").getBytes(UTF_8);
            toProxy.add(ByteBuffer.allocate(9 + texts.length)
                    .put((byte) 'A')
                    .putInt(8 + texts.length)
                    .putInt(7)
                    .put(texts)
                    .array());
        }
    }

    /** Runs the next query it was sent, and puts its answer behind what else it has to say. */
    void answer() {
        ByteBuf sent = Unpooled.wrappedBuffer(wire.take());
        while (sent.isReadable()) {
            int type = sent.readByte();
            ByteBuf body = sent.readSlice(sent.readInt() - Integer.BYTES);
            if (type == 'Q') {
                queries.add(body.toString(0, body.readableBytes() - 1, UTF_8));
            }
        }
        String query = queries.poll();
        if (query == null) {
            return;
        }
        Matcher commands = COMMAND.matcher(query);
        while (commands.find()) {
            if (commands.group(1).equals("LISTEN")) {
                listened.add(commands.group(2));
            } else {
                listened.remove(commands.group(2));
            }
        }
        ByteBuf out = Unpooled.buffer();
        BackendMessages.commandComplete(out, "LISTEN");
        BackendMessages.readyForQuery(out, 'I');
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes).release();
        toProxy.add(bytes);
    }

    /** Says the next {@code most} of what it has to say, in one piece. */
    void say(int most) {
        ServerSession from = server;
        ByteBuf bytes = UnpooledByteBufAllocator.DEFAULT.buffer();
        for (int i = 0; i < most && !toProxy.isEmpty(); i++) {
            bytes.writeBytes(toProxy.remove());
        }
        if (from == null || !bytes.isReadable()) {
            bytes.release();
            return;
        }
        from.onRead(bytes);
        from.onReadComplete();
    }

    /** Until nothing is under way any more. */
    void settle() {
        for (int i = 0; i < 10; i++) {
            runAll();
            answer();
            say(Integer.MAX_VALUE);
        }
        runAll();
    }

    Set<String> listened() {
        return listened;
    }

    ServerPool home() {
        return pool;
    }
}
