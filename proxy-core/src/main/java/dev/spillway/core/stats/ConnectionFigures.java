package dev.spillway.core.stats;

import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.Protection;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.session.Wire;

/**
 * A client or server connection at a moment. Immutable.
 *
 * @param type PgBouncer's letter: C a client, S a server
 * @param replication PgBouncer's word: none, logical or physical
 * @param peer {@code host:port}, like {@code local}
 * @param waitNanos how long it has waited for a server
 * @param id tells it from the others
 * @param isClosedNext it is closed when it is released: its pool is retired
 * @param tls version and cipher; empty: nothing protects it
 * @param linkId the one it is linked to; 0 if none
 */
record ConnectionFigures(
        String type,
        String user,
        String database,
        String replication,
        String state,
        String peer,
        String local,
        long connectedAtMillis,
        long waitNanos,
        boolean isClosedNext,
        int id,
        int linkId,
        int processId,
        String tls,
        String applicationName) {
    static ConnectionFigures of(ClientSession client, long nowNanos) {
        ServerSession server = client.server();
        return new ConnectionFigures(
                "C",
                client.identity().user(),
                client.identity().database(),
                client.pool().replication().shownAs(),
                client.state(),
                client.wire().peer(),
                client.wire().local(),
                client.identity().connectedAtMillis(),
                client.waitNanos(nowNanos),
                false,
                System.identityHashCode(client),
                server == null ? 0 : System.identityHashCode(server),
                0,
                tls(client.wire()),
                client.identity().applicationName());
    }

    static ConnectionFigures of(ServerSession server, LaneView.PoolEntry pool) {
        ClientSession client = server.client();
        return new ConnectionFigures(
                "S",
                pool.user(),
                pool.database(),
                pool.pool().replication().shownAs(),
                server.state(),
                server.wire().peer(),
                server.wire().local(),
                server.openedAtMillis(),
                0,
                pool.pool().pool().isRetired(),
                System.identityHashCode(server),
                client == null ? 0 : System.identityHashCode(client),
                server.processId(),
                tls(server.wire()),
                "");
    }

    private static String tls(Wire wire) {
        Protection protection = wire.protection();
        return protection == null ? "" : protection.text();
    }
}
