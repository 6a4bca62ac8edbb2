package dev.spillway.testkit;

import dev.spillway.core.protocol.trace.WireTrace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;

/**
 * Stands before a server and, while it is asked to, writes down what one connection says, as libpq's trace would and in the order in
 * which it comes: where nobody waits for an answer, all that is sent stands before all that is answered. Thread-safe; virtual threads
 * for each connection.
 */
public final class TurnTap implements Closeable {
    private static final int CHUNK_BYTES = 1 << 16;

    private final int target;
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
    private final StringBuilder lines = new StringBuilder();
    private boolean isListening;
    private boolean isHeardOfServer;

    public TurnTap(int target) throws IOException {
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** From now on, when nobody is in the middle of a message, and one connection alone will say something. */
    public synchronized void listen() {
        isListening = true;
        lines.setLength(0);
    }

    /** What has been said since; listens no more. */
    public synchronized String text() {
        isListening = false;
        tell();
        return lines.toString();
    }

    private synchronized void hear(byte[] bytes, int length, boolean isOfServer) {
        if (isListening) {
            if (isOfServer != isHeardOfServer) {
                tell();
                isHeardOfServer = isOfServer;
            }
            heard.write(bytes, 0, length);
        }
    }

    private void tell() {
        byte[] turn = heard.toByteArray();
        heard.reset();
        for (int from = 0; from < turn.length; ) {
            int length = 1 + Unpooled.wrappedBuffer(turn).getInt(from + 1);
            ByteBuf message = Unpooled.wrappedBuffer(Arrays.copyOfRange(turn, from, from + length));
            lines.append(
                            isHeardOfServer
                                    ? WireTrace.backend(message, WireTrace.Style.REGRESS)
                                    : WireTrace.frontend(message, WireTrace.Style.REGRESS))
                    .append('\n');
            from += length;
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> relay(client));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void relay(Socket client) {
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            Thread back = Thread.ofVirtual().start(() -> pump(server, client, true));
            pump(client, server, false);
            back.join();
        } catch (IOException gone) {
            // One of both has closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pump(Socket from, Socket to, boolean isOfServer) {
        byte[] chunk = new byte[CHUNK_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                hear(chunk, length, isOfServer);
                out.write(chunk, 0, length);
            }
            to.shutdownOutput();
        } catch (IOException gone) {
            // The other direction notices too.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
