package dev.spillway.server.transport;

import io.netty.channel.unix.DomainSocketAddress;
import java.io.FileNotFoundException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Addresses as people read them, and what went wrong at one. Stateless; never looks a name up, which would block. */
public final class AddressText {
    private static final String UNIX = "unix";

    /** Netty's own transports begin with the call that failed: "io_uring connect(..) failed with error(-111): ". */
    private static final Pattern CALL = Pattern.compile("^[\\w ]+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ");

    private AddressText() {}

    /**
     * {@code host:port}, IPv6 in brackets; for a Unix socket {@code unix:port} as in PgBouncer.
     *
     * @param other of the other end, for only one of the two ends of a Unix socket has a path
     */
    public static String of(@Nullable SocketAddress address, @Nullable SocketAddress other) {
        String path = path(address);
        if (path == null) {
            return of(address);
        }
        String named = path.isEmpty() ? path(other) : path;
        int dot = named == null ? -1 : named.lastIndexOf(".s.PGSQL.");
        return dot < 0 || named == null ? UNIX : UNIX + ':' + named.substring(dot + ".s.PGSQL.".length());
    }

    private static String of(@Nullable SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet) || inet.isUnresolved()) {
            return String.valueOf(address);
        }
        String host = inet.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + inet.getPort();
    }

    /** Null if it is none of a Unix socket. */
    private static @Nullable String path(@Nullable SocketAddress address) {
        return switch (address) {
            case DomainSocketAddress unix -> unix.path();
            case UnixDomainSocketAddress unix -> unix.getPath().toString();
            case null, default -> null;
        };
    }

    /** Where exactly: {@code host:port} or the path of a Unix socket, {@code @} standing for the abstract namespace. */
    public static String place(SocketAddress address) {
        String path = path(address);
        return path == null ? of(address) : path.replace('\0', '@');
    }

    /** Why there is no connection to {@code address}; Netty and the JDK add their own form of the address to some texts. */
    public static String problem(SocketAddress address, Throwable cause) {
        String text = String.valueOf(cause.getMessage());
        String theirs = ": " + address;
        String own = text.endsWith(theirs) ? text.substring(0, text.length() - theirs.length()) : text;
        return place(address) + ": " + (own.equals("null") ? wordless(cause) : withoutCall(own));
    }

    /** What Netty says of the system's refusal, without the name and the number that go before the system's words. */
    public static String withoutCall(String text) {
        return CALL.matcher(text).replaceFirst("");
    }

    /** Netty has no text for some of the system's errors. */
    private static String wordless(Throwable cause) {
        return switch (cause) {
            case FileNotFoundException missing -> "No such file or directory";
            case NoRouteToHostException unreachable -> "No route to host";
            default -> cause.getClass().getSimpleName();
        };
    }
}
