package dev.spillway.core.stats;

import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerSession;

/**
 * A client or server connection at a moment. Immutable.
 *
 * @param type PgBouncer's letter: C a client, S a server
 * @param replication PgBouncer's word: none, logical or physical
 * @param peer {@code host:port}, like {@code local}
 * @param waitNanos how long it has waited for a server
 * @param id tells it from the others
 * @param isClosedNext it is closed when it is released: its pool is retired
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
                client.wire().id(),
                server == null ? 0 : server.wire().id(),
                0,
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
                server.wire().id(),
                client == null ? 0 : client.wire().id(),
                server.processId(),
                "");
    }
}
