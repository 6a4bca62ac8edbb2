package dev.spillway.server.judge;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/**
 * Sockets on which nobody waits for ever. A handshake of TLS reads before the library for LDAP sets a limit of its own, and whoever
 * asks about it waits as long. Usable from any thread.
 */
final class LimitedSockets extends SocketFactory {
    private final SocketFactory sockets;
    private final int readLimitMillis;

    LimitedSockets(SocketFactory sockets, int readLimitMillis) {
        this.sockets = sockets;
        this.readLimitMillis = readLimitMillis;
    }

    private Socket limited(Socket socket) throws IOException {
        socket.setSoTimeout(readLimitMillis);
        return socket;
    }

    @Override
    public Socket createSocket() throws IOException {
        return limited(sockets.createSocket());
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return limited(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return limited(sockets.createSocket(host, port, localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return limited(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return limited(sockets.createSocket(host, port, localHost, localPort));
    }
}
