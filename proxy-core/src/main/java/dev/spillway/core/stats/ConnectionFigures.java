package dev.spillway.core.stats;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.session.ClientFacts;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerFacts;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.core.session.Wire;

/**
 * A client or server connection at a moment. Immutable.
 *
 * @param type PgBouncer's letter: C a client, S a server
 * @param replication PgBouncer's word: none, logical or physical
 * @param state PgBouncer's word
 * @param requestedAtMillis when its client last asked for something; of a server without one: when it was released
 * @param waitNanos how long it has waited for a server
 * @param isClosedNext it is closed when it is released: its pool is retired
 * @param linkId the one it is linked to; 0 if none
 * @param processId of the server, or of a client on a Unix socket; 0 if that is not known
 * @param heldBytes what has come and is not sent on yet
 * @param statements how many it has prepared by name: a client under its names, a server under ours
 * @param pin why the one keeps the other beyond a transaction
 */
public record ConnectionFigures(
        String type,
        String user,
        String database,
        String replication,
        String state,
        WireFigures wire,
        long connectedAtMillis,
        long requestedAtMillis,
        long waitNanos,
        boolean isClosedNext,
        int linkId,
        int processId,
        String applicationName,
        long heldBytes,
        int statements,
        PinShown pin) {
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** What PgBouncer shows of who has not said yet. */
    private static final String NO_USER = "(nouser)";

    private static final String NO_DATABASE = "(nodb)";

    /** Tells it from the others; 0: no connection stands yet. */
    public int id() {
        return wire.id();
    }

    static ConnectionFigures of(ClientSession client, LaneView view) {
        ServerSession server = client.server();
        ClientFacts facts = client.facts(view.nowNanos());
        WireFigures wire = WireFigures.of(client.wire());
        return new ConnectionFigures(
                "C",
                client.identity().user(),
                client.identity().database(),
                client.pool().replication().shownAs(),
                client.state(),
                wire,
                client.identity().connectedAtMillis(),
                millis(facts.requestNanos(), view),
                facts.waitNanos(),
                false,
                server == null ? 0 : server.wire().id(),
                wire.peerProcessId(),
                client.identity().applicationName(),
                facts.heldBytes(),
                facts.statements(),
                PinShown.of(server, view));
    }

    static ConnectionFigures of(WelcomeProbe client, LaneView view) {
        ServerSession server = client.server();
        WireFigures wire = WireFigures.of(client.wire());
        return new ConnectionFigures(
                "C",
                client.identity().user(),
                client.identity().database(),
                client.pool().replication().shownAs(),
                server == null ? "waiting" : "active",
                wire,
                client.identity().connectedAtMillis(),
                client.identity().connectedAtMillis(),
                server == null ? view.nowNanos() - client.sinceNanos() : 0,
                false,
                server == null ? 0 : server.wire().id(),
                wire.peerProcessId(),
                client.identity().applicationName(),
                0,
                0,
                PinShown.NONE);
    }

    static ConnectionFigures of(LaneView.LoginEntry entry, LaneView view) {
        String state = entry.login().isCancelling() ? "active_cancel_req" : "login";
        return withoutPool(entry.login().wire(), NO_USER, NO_DATABASE, state, "", entry.sinceNanos(), view);
    }

    static ConnectionFigures of(LaneView.ConsoleEntry entry, LaneView view) {
        return withoutPool(
                entry.wire(),
                entry.user(),
                ProxyFigures.CONSOLE,
                "idle",
                entry.applicationName(),
                entry.sinceNanos(),
                view);
    }

    private static ConnectionFigures withoutPool(
            Wire connection,
            String user,
            String database,
            String state,
            String applicationName,
            long sinceNanos,
            LaneView view) {
        WireFigures wire = WireFigures.of(connection);
        long since = millis(sinceNanos, view);
        return new ConnectionFigures(
                "C",
                user,
                database,
                "none",
                state,
                wire,
                since,
                since,
                0,
                false,
                0,
                wire.peerProcessId(),
                applicationName,
                0,
                0,
                PinShown.NONE);
    }

    static ConnectionFigures of(ServerSession server, String state, LaneView.PoolEntry pool, LaneView view) {
        ClientSession client = server.client();
        ServerFacts facts = server.facts();
        return new ConnectionFigures(
                "S",
                pool.user(),
                pool.database(),
                pool.pool().replication().shownAs(),
                state,
                WireFigures.of(server.wire()),
                facts.openedAtMillis(),
                millis(
                        client == null
                                ? server.idleSinceNanos()
                                : client.facts(view.nowNanos()).requestNanos(),
                        view),
                0,
                pool.pool().pool().isRetired(),
                client == null ? 0 : client.wire().id(),
                facts.processId(),
                client == null ? facts.listens() : client.identity().applicationName(),
                facts.heldBytes(),
                facts.statements(),
                PinShown.of(server, view));
    }

    static ConnectionFigures of(LaneView.OpeningEntry entry, LaneView view) {
        Wire wire = entry.wire();
        DatabaseConfig servers = entry.pool().pool().share().key().servers();
        long since = millis(entry.sinceNanos(), view);
        return new ConnectionFigures(
                "S",
                entry.user(),
                entry.database(),
                entry.pool().replication().shownAs(),
                "new",
                wire == null ? WireFigures.to(servers.host(), servers.port()) : WireFigures.of(wire),
                since,
                since,
                0,
                entry.pool().pool().isRetired(),
                0,
                0,
                "",
                0,
                0,
                PinShown.NONE);
    }

    private static long millis(long nanos, LaneView view) {
        return view.nowMillis() - (view.nowNanos() - nanos) / NANOS_PER_MILLI;
    }
}
