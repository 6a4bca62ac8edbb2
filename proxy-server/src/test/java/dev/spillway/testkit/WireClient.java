package dev.spillway.testkit;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A client that speaks the wire protocol by hand and shows every message, right or wrong.
 *
 * <p>Blocking; every read has a time limit. One thread may send while one other reads. {@link #close} closes the socket without a
 * Terminate: say goodbye with {@link #terminate}.
 */
public final class WireClient implements Closeable {
    private static final int MAX_MESSAGE_BYTES = 64 << 20;

    private final Endpoint endpoint;
    private Socket socket;
    private DataInputStream in;
    private OutputStream out;
    private final Map<String, String> parameterStatus = new LinkedHashMap<>();
    private byte[] key = new byte[0];
    private boolean isInsideMessage;

    private WireClient(Endpoint endpoint, Duration timeout) throws IOException {
        this.endpoint = endpoint;
        this.socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
            socket.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), (int) timeout.toMillis());
            this.in = input(socket);
            this.out = socket.getOutputStream();
            if (endpoint.tls() != null) {
                send(Messages.sslRequest());
                requireTls(in.readUnsignedByte());
                shakeHands(endpoint.tls());
            }
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static DataInputStream input(Socket socket) throws IOException {
        return new DataInputStream(new BufferedInputStream(socket.getInputStream(), 4096));
    }

    private static void requireTls(int answer) throws IOException {
        if (answer != 'S') {
            throw new IOException("no TLS, but " + (char) answer);
        }
    }

    /**
     * From now on the connection is protected. What came before the handshake and was not read yet is lost.
     *
     * @param applicationProtocols offered by ALPN
     */
    public SSLSession shakeHands(SSLContext tls, String... applicationProtocols) throws IOException {
        SSLSocket secure =
                (SSLSocket) tls.getSocketFactory().createSocket(socket, endpoint.host(), endpoint.port(), true);
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setApplicationProtocols(applicationProtocols);
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        socket = secure;
        in = input(secure);
        out = secure.getOutputStream();
        return secure.getSession();
    }

    /** A connection on which nothing has been said yet. */
    public static WireClient open(Endpoint endpoint, Duration timeout) throws IOException {
        return new WireClient(endpoint, timeout);
    }

    /** Logged in with protocol 3.0 and these startup parameters besides user and database, ready for a query. */
    public static WireClient connect(Endpoint endpoint, Map<String, String> parameters, Duration timeout)
            throws IOException {
        WireClient client = new WireClient(endpoint, timeout);
        try {
            client.login(Messages.PROTOCOL_3_0, parameters, null);
            return client;
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    public static WireClient connect(Endpoint endpoint) throws IOException {
        return connect(endpoint, Map.of(), Duration.ofSeconds(10));
    }

    /**
     * Sends the StartupMessage and reads to the first ReadyForQuery, answering a demand for a clear-text password. Returns all that
     * the server said.
     *
     * @throws ServerRefused on an ErrorResponse
     */
    public List<BackendMessage> login(int protocolVersion, Map<String, String> parameters, @Nullable String password)
            throws IOException {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("user", endpoint.user());
        all.put("database", endpoint.database());
        all.putAll(parameters);
        send(Messages.startup(protocolVersion, all));
        List<BackendMessage> said = new ArrayList<>();
        while (true) {
            BackendMessage message = readMessage();
            said.add(message);
            if (message.is('E')) {
                throw new ServerRefused(message);
            }
            if (message.is('R')) {
                authenticate(message, password);
            }
            if (message.is('Z')) {
                return said;
            }
        }
    }

    private void authenticate(BackendMessage request, @Nullable String password) throws IOException {
        int method = request.body()[3];
        if (method == 3 && password != null) {
            send(Messages.password(password));
        } else if (method != 0) {
            throw new IOException("this client cannot answer " + request.trace());
        }
    }

    public void send(byte[]... messages) throws IOException {
        out.write(Messages.join(messages));
    }

    /** In pieces of {@code chunkBytes}, each its own write. */
    public void sendSlowly(byte[] bytes, int chunkBytes) throws IOException {
        for (int at = 0; at < bytes.length; at += chunkBytes) {
            out.write(bytes, at, Math.min(chunkBytes, bytes.length - at));
        }
    }

    /** The answer to an SSLRequest or GSSENCRequest, which is a single byte. */
    public char readByte() throws IOException {
        return (char) in.readUnsignedByte();
    }

    /**
     * The next message, whatever it is.
     *
     * @throws EOFException where the server has closed
     * @throws java.net.SocketTimeoutException where it says nothing
     */
    public BackendMessage readMessage() throws IOException {
        byte type = in.readByte();
        isInsideMessage = true;
        int length = in.readInt();
        if (length < 4 || length > MAX_MESSAGE_BYTES) {
            throw new IOException("no message has type " + (char) type + " and length " + length);
        }
        byte[] body = new byte[length - 4];
        in.readFully(body);
        isInsideMessage = false;
        BackendMessage message = new BackendMessage(type, body);
        if (type == 'S') {
            List<String> strings = message.strings();
            parameterStatus.put(strings.get(0), strings.get(1));
        } else if (type == 'K') {
            key = body;
        }
        return message;
    }

    /** Has the server closed, or said nothing more, after the first half of a message? */
    public boolean isInsideMessage() {
        return isInsideMessage;
    }

    /** Up to and with the next ReadyForQuery. */
    public List<BackendMessage> readUntilReady() throws IOException {
        List<BackendMessage> messages = new ArrayList<>();
        do {
            messages.add(readMessage());
        } while (!messages.getLast().is('Z'));
        return messages;
    }

    /** What is left until the server closes. */
    public List<BackendMessage> readUntilClosed() throws IOException {
        List<BackendMessage> messages = new ArrayList<>();
        try {
            while (true) {
                messages.add(readMessage());
            }
        } catch (EOFException closed) {
            return messages;
        }
    }

    /** What is left until the server closes, cut off wherever it is. */
    public byte[] readAll() throws IOException {
        return in.readAllBytes();
    }

    /** A simple query and its whole answer. */
    public List<BackendMessage> query(String sql) throws IOException {
        send(Messages.query(sql));
        return readUntilReady();
    }

    /** The first column of the first row of a query that must succeed. */
    public String queryOne(String sql) throws IOException {
        List<BackendMessage> answer = query(sql);
        for (BackendMessage message : answer) {
            if (message.is('D')) {
                return message.column();
            }
        }
        throw new IOException("no row for " + sql + ": " + answer);
    }

    /** The body of BackendKeyData: process id and secret. */
    public byte[] key() {
        return key.clone();
    }

    /** What the server last said of each reported setting. */
    public Map<String, String> parameterStatus() {
        return Map.copyOf(parameterStatus);
    }

    /** Asks on a connection of its own to cancel what this one runs, and returns when the server has closed that connection. */
    public void cancel() throws IOException {
        try (WireClient canceller = new WireClient(endpoint, Duration.ofMillis(socket.getSoTimeout()))) {
            canceller.send(Messages.cancelRequest(key));
            canceller.readUntilClosed();
        }
    }

    public void timeout(Duration timeout) throws IOException {
        socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
    }

    /** Ends our direction and leaves the other open. */
    public void halfClose() throws IOException {
        socket.shutdownOutput();
    }

    /** Ends the connection with an RST instead of a FIN. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    public void terminate() throws IOException {
        send(Messages.terminate());
        close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** The server answered a startup with an ErrorResponse. */
    public static final class ServerRefused extends IOException {
        private static final long serialVersionUID = 1L;
        private final transient BackendMessage error;

        ServerRefused(BackendMessage error) {
            super(error.trace());
            this.error = error;
        }

        public BackendMessage error() {
            return error;
        }
    }
}
