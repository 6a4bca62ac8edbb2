package dev.spillway.testkit;

import dev.spillway.core.pool.HostReading;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Plays PostgreSQL on a port of its own and misbehaves when told to.
 *
 * <p>Every login is let in without a password and every query answered with one row, the query's own text; what the proxy injects
 * to restore settings, or to know the limits, is answered as a statement without rows. {@link #nextLogin} and {@link #nextQuery} say what is answered once
 * instead. Thread-safe; one virtual thread per connection.
 */
public final class ScriptedServer implements Closeable {
    /**
     * What is answered once in the place of the right answer.
     *
     * @param bytes what is said
     * @param isLast whether the connection is closed after that
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Answer(byte[] bytes, boolean isLast) {
        public static Answer of(byte[]... messages) {
            return new Answer(Messages.join(messages), false);
        }

        public Answer thenClose() {
            return new Answer(bytes, true);
        }
    }

    private final ServerSocket listener;
    private final Queue<Answer> logins = new ConcurrentLinkedQueue<>();
    private final Queue<Answer> queries = new ConcurrentLinkedQueue<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile byte[] tlsAnswer = {'N'};
    private final AtomicInteger accepted = new AtomicInteger();

    public ScriptedServer() throws IOException {
        this("127.0.0.1", 0);
    }

    /** On this address of the loopback network; port 0 lets the system choose. */
    public ScriptedServer(String address, int port) throws IOException {
        listener = new ServerSocket(port, 50, InetAddress.getByName(address));
        Thread.ofVirtual().name("scripted-accept").start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Connections so far. */
    public int accepted() {
        return accepted.get();
    }

    public int openNow() {
        return open.size();
    }

    /** The next connection is answered so where it would be let in. */
    public void nextLogin(Answer answer) {
        logins.add(answer);
    }

    /** The next query of a client is answered so. */
    public void nextQuery(Answer answer) {
        queries.add(answer);
    }

    /** Says something to everyone who is connected, though nobody asked. */
    public void say(Answer answer) throws IOException {
        for (Socket socket : open) {
            socket.getOutputStream().write(answer.bytes());
            if (answer.isLast()) {
                socket.close();
            }
        }
    }

    public static byte[] authenticationOk() {
        return Messages.raw('R', (byte) 0, (byte) 0, (byte) 0, (byte) 0);
    }

    public static byte[] ready(char status) {
        return Messages.raw('Z', (byte) status);
    }

    public static byte[] parameter(String name, String value) {
        return Messages.raw('S', (name + "\0" + value + "\0").getBytes(StandardCharsets.UTF_8));
    }

    public static byte[] error(String severity, String sqlstate, String text) {
        String fields = "S" + severity + "\0V" + severity + "\0C" + sqlstate + "\0M" + text + "\0\0";
        return Messages.raw('E', fields.getBytes(StandardCharsets.UTF_8));
    }

    public static byte[] key() {
        return Messages.raw('K', new byte[] {0, 0, 0, 1, 0, 0, 0, 2});
    }

    public static byte[] greeting() {
        return Messages.join(
                authenticationOk(),
                parameter("server_version", "18.0"),
                parameter("TimeZone", "UTC"),
                key(),
                ready('I'));
    }

    public static byte[] rowDescription() {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {0, 1, 'a', 0});
        body.writeBytes(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 25, -1, -1, -1, -1, -1, -1, 0, 0});
        return Messages.raw('T', body.toByteArray());
    }

    public static byte[] row(String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {0, 1});
        body.writeBytes(BadInput.int32(text.length));
        body.writeBytes(text);
        return Messages.raw('D', body.toByteArray());
    }

    public static byte[] complete(String tag) {
        return Messages.raw('C', (tag + "\0").getBytes(StandardCharsets.UTF_8));
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                accepted.incrementAndGet();
                open.add(socket);
                Thread.ofVirtual().name("scripted").start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            readStartup(in, out);
            Answer greeting = logins.poll();
            if (!answer(out, greeting, greeting())) {
                return;
            }
            while (true) {
                char type = (char) in.readByte();
                byte[] body = in.readNBytes(in.readInt() - 4);
                if (type == 'X' || (type == 'Q' && !onQuery(out, body))) {
                    return;
                }
            }
        } catch (IOException gone) {
            // The proxy has closed, as it should.
        } finally {
            open.remove(socket);
        }
    }

    /** Requests for TLS are answered with these bytes, in hexadecimal digits; with none, the connection is closed. */
    public void answerTlsRequests(String answer) {
        tlsAnswer = HexFormat.of().parseHex(answer);
    }

    private void readStartup(DataInputStream in, OutputStream out) throws IOException {
        int length = in.readInt();
        while (in.readInt() == Messages.SSL_REQUEST_CODE) {
            if (tlsAnswer.length == 0) {
                throw new EOFException("closed as asked for");
            }
            out.write(tlsAnswer);
            length = in.readInt();
        }
        in.skipNBytes(length - 2 * Integer.BYTES);
    }

    private boolean onQuery(OutputStream out, byte[] body) throws IOException {
        String sql = new String(body, 0, body.length - 1, StandardCharsets.UTF_8);
        if (sql.startsWith("BEGIN ISOLATION") || sql.startsWith("ROLLBACK") || sql.isEmpty()) {
            return answer(out, null, Messages.join(complete("COMMIT"), ready('I')));
        }
        if (sql.equals(HostReading.SQL)) {
            return answer(out, null, Messages.join(complete("SELECT 0"), ready('I')));
        }
        char status = sql.startsWith("begin") ? 'T' : 'I';
        byte[] right = Messages.join(rowDescription(), row(sql), complete("SELECT 1"), ready(status));
        return answer(out, queries.poll(), right);
    }

    private static boolean answer(OutputStream out, @Nullable Answer wrong, byte[] right) throws IOException {
        out.write(wrong == null ? right : wrong.bytes());
        return wrong == null || !wrong.isLast();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
