package dev.spillway.server.rehearsal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;

/** Whoever looks at the pages of the admin port, once each; blocks. So the first request to a proxy need not wait for classes. */
final class Visitor {
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final List<String> PAGES = List.of("/healthz", "/readyz", "/status", "/metrics", "/");
    private static final String OK = "HTTP/1.1 200";

    private Visitor() {}

    /** A port that nobody listens on now. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static void visit(int port) throws IOException {
        for (String page : PAGES) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(TIMEOUT_MILLIS);
                String request = "GET " + page + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(US_ASCII));
                String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
                if (!answer.startsWith(OK)) {
                    throw new IOException(page + " was answered " + answer);
                }
            }
        }
    }
}
