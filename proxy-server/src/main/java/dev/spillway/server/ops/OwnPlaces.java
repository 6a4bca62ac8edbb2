package dev.spillway.server.ops;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.OwnPlace;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.transport.AddressText;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where this process listens, by the sockets that are open, and whether a configuration points there. What it says by name is
 * looked up, which blocks, but only for a database with one of our ports.
 *
 * <p>Told once by whoever opens the sockets, asked by the start and by reloads.
 */
public final class OwnPlaces {
    private volatile List<SocketAddress> places = List.of();

    /** All of them are open. */
    public void opened(List<SocketAddress> addresses) {
        places = List.copyOf(addresses);
    }

    /**
     * Finds nothing wrong, or throws.
     *
     * @throws IOException if databases of {@code config} are here: the message is for the user, a line for each
     */
    public void requireOthers(ProxyConfig config) throws IOException {
        List<String> problems = new ArrayList<>();
        for (DatabaseConfig database : config.databases().values()) {
            database.hosts().stream()
                    .filter(host -> isHere(host, database.port()))
                    .forEach(host -> problems.add(OwnPlace.text(database.name(), host, database.port())));
        }
        if (!problems.isEmpty()) {
            throw new IOException(String.join("\n", problems));
        }
    }

    private boolean isHere(String host, int port) {
        boolean isUnix = host.startsWith("/") || host.startsWith("@");
        for (SocketAddress place : places) {
            boolean isThis = place instanceof InetSocketAddress inet
                    ? !isUnix && inet.getPort() == port && isAt(host, inet.getAddress())
                    : isUnix && isSameFile(host + "/.s.PGSQL." + port, AddressText.place(place));
            if (isThis) {
                return true;
            }
        }
        return false;
    }

    /** A name that is not known now may be later; its connections would fail or be found by a reload. */
    private static boolean isAt(String host, InetAddress place) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                boolean isSame = place.isAnyLocalAddress()
                        ? isOfThisMachine(address)
                        : address.equals(place) || (address.isAnyLocalAddress() && place.isLoopbackAddress());
                if (isSame) {
                    return true;
                }
            }
            return false;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static boolean isOfThisMachine(InetAddress address) {
        try {
            return address.isAnyLocalAddress()
                    || address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    private static boolean isSameFile(String one, String other) {
        try {
            return one.equals(other) || (!one.startsWith("@") && Files.isSameFile(Path.of(one), Path.of(other)));
        } catch (IOException | InvalidPathException e) {
            return false; // there is none
        }
    }
}
