package dev.spillway.server.transport;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Addresses as people read them, and what went wrong at one. Stateless; never looks a name up, which would block. */
public final class AddressText {
    private AddressText() {}

    /** {@code host:port}, IPv6 in brackets. */
    public static String of(@Nullable SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet) || inet.isUnresolved()) {
            return String.valueOf(address);
        }
        String host = inet.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + inet.getPort();
    }

    /** Why there is no connection to {@code address}; Netty and the JDK add their own form of the address to some texts. */
    public static String problem(SocketAddress address, Throwable cause) {
        String text = String.valueOf(cause.getMessage());
        String theirs = ": " + address;
        return of(address) + ": " + (text.endsWith(theirs) ? text.substring(0, text.length() - theirs.length()) : text);
    }
}
