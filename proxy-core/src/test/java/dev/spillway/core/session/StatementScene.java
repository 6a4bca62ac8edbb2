package dev.spillway.core.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * Clients and servers of one pool, on wires without sockets, and what is said about prepared statements. Servers come when they are
 * asked for. A server keeps two statements prepared, a client may have 100 names, a Parse of more than 64 KiB is not kept.
 */
final class StatementScene {
    static final int KEPT_BYTES = 64 * 1024;

    final FakePorts ports = new FakePorts();
    final List<Client> clients = new ArrayList<>();
    final List<Server> servers = new ArrayList<>();
    private final ServerPool pool;
    private int opening;

    StatementScene(int clientCount, int serverCount) {
        pool = NoCrossing.pool(
                "db/user", PoolMode.TRANSACTION, "", Limits.of(serverCount).build(), () -> opening++);
        for (int i = 0; i < clientCount; i++) {
            clients.add(new Client(i));
        }
    }

    Client client(int number) {
        return clients.get(number);
    }

    Server server(int number) {
        openAll();
        return servers.get(number);
    }

    private void openAll() {
        while (opening > 0) {
            opening--;
            servers.add(new Server(servers.size()));
        }
    }

    private static Map<String, String> parameters() {
        return new TreeMap<>(Map.of("TimeZone", "UTC", "DateStyle", "ISO, MDY"));
    }

    void end() {
        clients.forEach(Client::leave);
        openAll();
        servers.forEach(Server::leave);
    }

    // ---- messages ------------------------------------------------------------------------------------------------

    static byte[] parse(String name, String sql) {
        return frame('P', name + "\0" + sql + "\0\0\0");
    }

    static byte[] bind(String portal, String name) {
        return frame('B', portal + "\0" + name + "\0\0\0\0\0\0\0");
    }

    static byte[] bind(String name) {
        return bind("", name);
    }

    static byte[] describe(String name) {
        return frame('D', "S" + name + "\0");
    }

    static byte[] describePortal(String portal) {
        return frame('D', "P" + portal + "\0");
    }

    static byte[] close(String name) {
        return frame('C', "S" + name + "\0");
    }

    static byte[] execute() {
        return frame('E', "\0\0\0\0\0");
    }

    static byte[] sync() {
        return frame('S', "");
    }

    static byte[] query(String sql) {
        return frame('Q', sql + "\0");
    }

    static byte[] frame(char type, String body) {
        byte[] bytes = body.getBytes(UTF_8);
        return ByteBuffer.allocate(bytes.length + 5)
                .put((byte) type)
                .putInt(bytes.length + 4)
                .put(bytes)
                .array();
    }

    /** In the direction of a server: type, names, text. */
    private static String tellFrontend(char type, ByteBuf body) {
        return switch (type) {
            case 'P' -> "P:" + string(body) + ":" + shortened(string(body));
            case 'B' -> "B:" + string(body) + ":" + string(body);
            case 'D', 'C' -> type + ":" + (char) body.readByte() + ":" + string(body);
            case 'Q' -> "Q:" + string(body);
            default -> String.valueOf(type);
        };
    }

    private static String tellBackend(char type, ByteBuf body) {
        if (type == 'Z') {
            return "Z" + (char) body.readByte();
        }
        if (type != 'E') {
            return String.valueOf(type);
        }
        StringBuilder told = new StringBuilder("E");
        while (body.getByte(body.readerIndex()) != 0) {
            char code = (char) body.readByte();
            String text = string(body);
            told.append(code == 'C' ? text : code == 'M' ? ":" + text : "");
        }
        return told.toString();
    }

    private static String string(ByteBuf body) {
        int length = body.bytesBefore((byte) 0);
        String text = body.toString(body.readerIndex(), length, UTF_8);
        body.skipBytes(length + 1);
        return text;
    }

    private static String shortened(String text) {
        return text.length() > 40 ? text.length() + " bytes" : text;
    }

    private static String tell(byte[] bytes, boolean isFrontend) {
        StringJoiner told = new StringJoiner(" ");
        ByteBuf all = Unpooled.wrappedBuffer(bytes);
        while (all.readableBytes() >= 5) {
            char type = (char) all.readByte();
            int length = all.readInt() - 4;
            if (all.readableBytes() < length) {
                return told.add("cut:" + type).toString();
            }
            ByteBuf body = all.readSlice(length);
            told.add(isFrontend ? tellFrontend(type, body) : tellBackend(type, body));
        }
        return told.toString();
    }

    private static ByteBuf buffer(byte[]... messages) {
        ByteBuf bytes = UnpooledByteBufAllocator.DEFAULT.buffer();
        for (byte[] message : messages) {
            bytes.writeBytes(message);
        }
        return bytes;
    }

    final class Client {
        final FakeWire wire;
        private final ClientSession session;
        private boolean isGone;

        Client(int number) {
            wire = new FakeWire("client:" + number);
            CancelKey key = new CancelKey(number, new byte[4]);
            ClientIdentity identity = new ClientIdentity("db", "user", key, Snapshot.NEUTRAL, null, "", 0);
            session = new ClientSession(wire, ports, pool, identity, parameters());
            ports.register(key, session);
        }

        /** Says all that in one read. */
        void says(byte[]... messages) {
            session.onRead(buffer(messages));
            session.onReadComplete();
        }

        String heard() {
            return tell(wire.take(), false);
        }

        String state() {
            return wire.isClosed ? "closed" : session.state();
        }

        void leave() {
            if (!isGone) {
                isGone = true;
                wire.isClosed = true;
                session.onClosed();
            }
        }
    }

    final class Server {
        final FakeWire wire;
        private final ServerSession session;
        private boolean isGone;

        Server(int number) {
            wire = new FakeWire("server:" + number);
            ServerGreeting greeting =
                    new ServerGreeting(new CancelKey(100 + number, new byte[4]), parameters(), Snapshot.NEUTRAL, 0);
            session = new ServerSession(wire, ports, pool, greeting);
            pool.servers().add(session);
            pool.pool().onOpened(session, ports.nanos);
        }

        /** Words: 1, p (a Parse, and our Describe behind it), 2, 3, n, t, T, T:column, C (a tag), Z, ZT, ZE, and errors as E, SQLSTATE, colon, text with _ for a blank. */
        void says(String words) {
            session.onRead(said(words));
            session.onReadComplete();
        }

        /** The same, a byte at a time. */
        void saysInPieces(String words) {
            ByteBuf bytes = said(words);
            while (bytes.isReadable()) {
                session.onRead(buffer(new byte[] {bytes.readByte()}));
                session.onReadComplete();
            }
            bytes.release();
        }

        private ByteBuf said(String words) {
            ByteBuf bytes = UnpooledByteBufAllocator.DEFAULT.buffer();
            for (String word : words.split(" ", -1)) {
                say(bytes, word);
            }
            return bytes;
        }

        private void say(ByteBuf out, String word) {
            if (word.equals("p")) {
                out.writeBytes(frame('1', "")).writeBytes(frame('t', "\0\0")).writeBytes(frame('n', ""));
            } else if (word.startsWith("E")) {
                String[] parts = word.substring(1).split(":", 2);
                ErrorFields.of("ERROR", parts[0], parts[1].replace('_', ' ').replace("spillway ", "spillway_"))
                        .with('R', parts[0].equals("0A000") ? "RevalidateCachedQuery" : "")
                        .writeError(out);
            } else if (word.startsWith("Z")) {
                BackendMessages.readyForQuery(out, word.length() == 1 ? 'I' : word.charAt(1));
            } else if (word.startsWith("C")) {
                BackendMessages.commandComplete(
                        out, word.equals("C") ? "SELECT 1" : word.substring(2).replace('_', ' '));
            } else if (word.startsWith("T:")) {
                out.writeBytes(frame('T', "\0\1" + word.substring(2) + "\0".repeat(19)));
            } else {
                out.writeBytes(frame(word.charAt(0), word.matches("[tT]") ? "\0\0" : ""));
            }
        }

        String heard() {
            return tell(wire.take(), true);
        }

        int prepared() {
            return session.statements().size();
        }

        String state() {
            return wire.isClosed ? "closed" : session.state();
        }

        void leave() {
            if (!isGone) {
                isGone = true;
                wire.isClosed = true;
                session.onClosed();
            }
        }
    }
}
