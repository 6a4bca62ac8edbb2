package dev.spillway.core.stats;

import dev.spillway.core.session.Protection;
import dev.spillway.core.session.Wire;
import org.jspecify.annotations.Nullable;

/**
 * The two ends of a connection at a moment, as PgBouncer writes them. Immutable.
 *
 * @param id tells it from the others; 0: no connection stands
 * @param peer as {@link Wire#peer} writes it, and {@code local} likewise: read apart only where it is shown, not on a lane
 * @param peerProcessId of the other end of a Unix socket; 0 if that is not known
 * @param tls version and cipher; empty: nothing protects it
 * @param unsentBytes written, and not taken by the system yet
 */
record WireFigures(int id, String peer, String local, int peerProcessId, String tls, long unsentBytes) {
    private static final int MOST_DIGITS = 9;

    static WireFigures of(Wire wire) {
        return new WireFigures(
                wire.id(), wire.peer(), wire.local(), wire.peerProcessId(), tls(wire.protection()), wire.unsentBytes());
    }

    private static String tls(@Nullable Protection protection) {
        return protection == null ? "" : protection.text();
    }

    /** Of a connection that does not stand yet, to {@code host}. */
    static WireFigures to(@Nullable String host, int port) {
        return new WireFigures(0, host + ":" + port, "", 0, "", 0);
    }

    /** Without brackets; {@code unix} of a Unix socket. */
    String address() {
        return host(peer);
    }

    int port() {
        return port(peer);
    }

    String localAddress() {
        return host(local);
    }

    int localPort() {
        return port(local);
    }

    static String host(String address) {
        int colon = colon(address);
        String host = colon < 0 ? address : address.substring(0, colon);
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    static int port(String address) {
        int colon = colon(address);
        return colon < 0 ? 0 : Integer.parseInt(address.substring(colon + 1));
    }

    /** Before the port; -1: none has one, as of a Unix socket of another name than PostgreSQL's. */
    private static int colon(String address) {
        int colon = address.lastIndexOf(':');
        return colon >= 0 && isNumber(address, colon + 1) ? colon : -1;
    }

    private static boolean isNumber(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return text.length() > from && text.length() - from <= MOST_DIGITS;
    }
}
