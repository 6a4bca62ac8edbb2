package dev.spillway.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands before a server and writes down how connections begin. Thread-safe; virtual threads for each connection. */
public final class OpeningTap implements Closeable {
    private static final int OPENING_BYTES = 8;

    private final int target;
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<String> openings = new CopyOnWriteArrayList<>();

    public OpeningTap(int target) throws IOException {
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** The first eight bytes of each connection so far, in hexadecimal digits. */
    public List<String> openings() {
        return List.copyOf(openings);
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
            byte[] opening = client.getInputStream().readNBytes(OPENING_BYTES);
            openings.add(HexFormat.of().formatHex(opening));
            server.getOutputStream().write(opening);
            Thread back = Thread.ofVirtual().start(() -> pump(server, client));
            pump(client, server);
            back.join();
        } catch (IOException gone) {
            // One of both has closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pump(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            in.transferTo(to.getOutputStream());
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
