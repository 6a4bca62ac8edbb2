package dev.spillway.server;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.transport.AddressText;
import dev.spillway.server.transport.NettyTransport;
import dev.spillway.server.transport.UnixSocketFile;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where clients connect: TCP ports and a Unix socket.
 *
 * <p>Opened and closed on a thread that may block.
 */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

    private final NettyTransport transport;
    private final ProxyConfig config;
    private final EventLoopGroup loops;
    private final ChannelHandler accepted;
    private final List<Channel> open = new ArrayList<>();
    private int port;

    /** {@code accepted} gets each connection, on its event loop. */
    Listeners(NettyTransport transport, ProxyConfig config, EventLoopGroup loops, ChannelHandler accepted) {
        this.transport = transport;
        this.config = config;
        this.loops = loops;
        this.accepted = accepted;
        this.port = config.listenPort();
    }

    /**
     * Opens all of them.
     *
     * @throws IOException if one cannot be opened; the message is for the user, and the others may be open
     */
    void open() throws IOException {
        for (String setting : transport.withoutEffect(config)) {
            LOG.warn("{} has no effect: transport {} cannot do it", setting, transport.name());
        }
        for (String address : config.listenAddr()) {
            InetSocketAddress socket = address.equals("*")
                    ? new InetSocketAddress(config.listenPort())
                    : new InetSocketAddress(address, config.listenPort());
            bind(socket, address + " port " + config.listenPort());
        }
        if (!open.isEmpty()) {
            port = ((InetSocketAddress) open.getFirst().localAddress()).getPort();
        }
        String directory = config.unixSocketDir();
        if (directory != null) {
            openUnixSocket(directory);
        }
    }

    private void bind(SocketAddress address, String place) throws IOException {
        var binding = transport
                .serverBootstrap(address, config)
                .group(loops)
                .childHandler(accepted)
                .bind(address)
                .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw cannotListen(place, binding.cause());
        }
        open.add(binding.channel());
    }

    private static IOException cannotListen(String place, Throwable cause) {
        return new IOException(
                "cannot listen on " + place + ": " + AddressText.withoutCall(String.valueOf(cause.getMessage())),
                cause);
    }

    private void openUnixSocket(String directory) throws IOException {
        String place = directory + "/.s.PGSQL." + port;
        SocketAddress address;
        try {
            address = transport.unixAddress(directory, port);
        } catch (IllegalArgumentException e) {
            throw cannotListen(place, e);
        }
        if (directory.startsWith("@")) {
            bind(address, place);
            return;
        }
        UnixSocketFile file = UnixSocketFile.of(directory, port);
        try {
            file.makeRoom();
        } catch (IOException e) {
            throw cannotListen(place, e);
        }
        bind(address, place);
        try {
            file.admit(config.unixSocketMode(), config.unixSocketGroup());
        } catch (IOException e) {
            throw cannotListen(place, e);
        }
    }

    /** The TCP port, which the Unix socket has in its name. */
    int port() {
        return port;
    }

    /** For the log. */
    String places() {
        List<String> places = new ArrayList<>();
        if (!config.listenAddr().isEmpty()) {
            places.add(config.listenAddr() + " port " + port);
        }
        if (config.unixSocketDir() != null) {
            places.add(config.unixSocketDir() + "/.s.PGSQL." + port);
        }
        return String.join(" and ", places);
    }

    /** One by one, as PgBouncer names them. */
    List<String> eachPlace() {
        List<String> places = new ArrayList<>();
        for (Channel listener : open) {
            places.add(
                    listener.localAddress() instanceof InetSocketAddress
                            ? AddressText.of(listener.localAddress(), null)
                            : "unix:" + AddressText.place(listener.localAddress()));
        }
        return places;
    }

    /** Of the sockets that are open. */
    Stream<SocketAddress> addresses() {
        return open.stream().map(Channel::localAddress);
    }

    /** Connections wait in the system's queues while {@code on} is false. Usable from any thread. */
    void accept(boolean on) {
        open.forEach(listener -> listener.config().setAutoRead(on));
    }

    /** Lets no new connection in. Repeating it does nothing. */
    void close() {
        open.forEach(listener -> listener.close().awaitUninterruptibly());
    }
}
