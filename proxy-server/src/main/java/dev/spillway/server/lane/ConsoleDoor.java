package dev.spillway.server.lane;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.LogSubject;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.StartupRequest;
import dev.spillway.core.session.Wire;
import dev.spillway.core.stats.LaneView.ConsoleEntry;
import dev.spillway.core.stats.ProxyFigures;
import dev.spillway.server.pipeline.ConnectionHandler;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** Who may use the console, as in PgBouncer, and who does on this lane. Confined to it. */
final class ConsoleDoor {
    /** Who needs no password where the system says that it is the user this process runs as. */
    private static final String OWN_USER = "pgbouncer";

    private final Lane lane;
    private final Lane.Console console;
    private final Map<Wire, ConsoleEntry> clients = new LinkedHashMap<>();
    private final PoolCounters counters = new PoolCounters();

    /** {@code console} makes the sessions. */
    ConsoleDoor(Lane lane, Lane.Console console) {
        this.lane = lane;
        this.console = console;
    }

    /** Does {@code request} want to come in here? */
    static boolean isFor(StartupRequest request) {
        return ProxyConfig.CONSOLE_DATABASES.contains(request.database());
    }

    /** Is it who it says without further ado? */
    static boolean isKnown(Wire wire, StartupRequest request) {
        return isFor(request)
                && request.user().equals(OWN_USER)
                && wire instanceof ConnectionHandler connection
                && connection.peerProcess().isOurUser();
    }

    /**
     * Lets a client in who is who it says.
     *
     * @throws Refused if that one may not use the console, or is one too many
     */
    void admit(ProxyConfig config, Wire wire, StartupRequest request, ClientLogin login, ClientLimits limits) {
        String user = request.user();
        boolean isAdmin = isKnown(wire, request) || config.adminUsers().contains(user);
        boolean isAllowed = isAdmin || config.statsUsers().contains(user) || config.authType() == AuthType.ANY;
        if (!isAllowed) {
            throw new Refused(ProxyError.ADMIN_ONLY.fields());
        }
        limits.enterConsole(config, ProxyFigures.CONSOLE, user, isAdmin);
        String name = request.settings().getOrDefault("application_name", "");
        clients.put(wire, new ConsoleEntry(wire, user, name, lane.nowNanos()));
        ((ConnectionHandler) wire).whenClosed(() -> {
            clients.remove(wire);
            limits.leave(ProxyFigures.CONSOLE, user);
        });
        counters.clientLogins++;
        login.writeOk();
        LogSubject client = new LogSubject(wire, request.database(), user, null, lane.nowMillis());
        wire.become(console.session(wire, lane, client, isAdmin));
    }

    /** One of them has sent a command. */
    void onCommand() {
        counters.queries++;
        counters.transactions++;
    }

    Collection<ConsoleEntry> clients() {
        return clients.values();
    }

    PoolCounters counters() {
        return counters;
    }
}
