package dev.spillway.core.stats;

import dev.spillway.core.session.Protection;
import dev.spillway.core.session.Wire;
import org.jspecify.annotations.Nullable;

/**
 * The two ends of a connection at a moment, as PgBouncer writes them. Immutable.
 *
 * @param id tells it from the others; 0: no connection stands
 * @param address without brackets; {@code unix} of a Unix socket
 * @param peerProcessId of the other end of a Unix socket; 0 if that is not known
 * @param tls version and cipher; empty: nothing protects it
 * @param unsentBytes written, and not taken by the system yet
 */
record WireFigures(
        int id,
        String address,
        int port,
        String localAddress,
        int localPort,
        int peerProcessId,
        String tls,
        long unsentBytes) {
    static WireFigures of(Wire wire) {
        return new WireFigures(
                wire.id(),
                host(wire.peer()),
                port(wire.peer()),
                host(wire.local()),
                port(wire.local()),
                wire.peerProcessId(),
                tls(wire.protection()),
                wire.unsentBytes());
    }

    private static String tls(@Nullable Protection protection) {
        return protection == null ? "" : protection.text();
    }

    /** Of a connection that does not stand yet, to {@code host}. */
    static WireFigures to(@Nullable String host, int port) {
        return new WireFigures(0, String.valueOf(host), port, "", 0, 0, "", 0);
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
        boolean isPort = colon >= 0 && address.substring(colon + 1).matches("[0-9]{1,9}");
        return isPort ? colon : -1;
    }
}
