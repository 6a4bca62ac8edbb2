package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StateKind;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client has made of its session, which follows it from server to server, and what it has been told of it. One per
 * client, called by its session.
 */
final class ClientState {
    private final Snapshot startup;
    private final ToldParameters told;
    private final RestoreGuard guard = new RestoreGuard();
    private Snapshot now;
    /** Null: there was nothing to warn of yet. */
    private @Nullable Stays warned;

    /** It began with {@code startup} and was told {@code atLogin}. */
    ClientState(Wire wire, Snapshot startup, Map<String, String> atLogin) {
        this.startup = startup;
        this.told = new ToldParameters(wire, atLogin);
        this.now = startup;
    }

    /** What has to be in force while its statements run. */
    Snapshot now() {
        return now;
    }

    RestoreGuard guard() {
        return guard;
    }

    /** Its servers come from {@code pool} now. */
    void share(ServerPool pool) {
        now = pool.shared(now);
    }

    void link(ServerSession free, LeaseHolder holder) {
        guard.begin();
        free.link(holder, now);
    }

    /** Everything is in force on {@code linked}; null: it has gone in the same moment. */
    void onRestored(@Nullable ServerSession linked) {
        guard.end(linked);
        if (linked != null) {
            onReport(linked);
        }
    }

    /** It does without the settings of these names from now on, which could not be put into force. */
    void giveUp(Set<String> names, ServerPool pool) {
        Map<String, Optional<String>> none = new HashMap<>();
        names.forEach(name -> none.put(name, Optional.empty()));
        now = pool.shared(now.with(none));
    }

    /** What it has been told of its session. Immutable. */
    Map<String, String> told() {
        return told.now();
    }

    /** What {@code linked} reports while the client's statements run: also of one on which that is being put into force. */
    Map<String, String> reportedBy(ServerSession linked) {
        return guard.isRestoring() ? told.now() : linked.session().parameters();
    }

    /**
     * The server reports something else than before, by what the client has done there. Those of these names, in lower case, follow it to
     * its next server.
     */
    void onOwnReport(ServerSession linked, Set<String> followed) {
        if (!followed.isEmpty()) {
            follow(linked.session().parameters(), followed);
        }
        onReport(linked);
    }

    private void follow(Map<String, String> reported, Set<String> followed) {
        Map<String, Optional<String>> changed = new HashMap<>();
        reported.forEach((name, value) -> {
            String plain = name.toLowerCase(Locale.ROOT);
            if (followed.contains(plain) && !value.equals(told.now().get(name))) {
                changed.put(plain, Optional.of(value));
            }
        });
        now = changed.isEmpty() ? now : now.with(changed);
    }

    /** The server reports something else than before. */
    void onReport(ServerSession linked) {
        told.update(linked.session().parameters());
    }

    /** A session keeps its server, and what a RESET has taken away has to come back. For others the next link does that. */
    void reapplyIfLost(ServerSession linked) {
        if (!linked.isInTransaction() && linked.session().hasLost(now)) {
            guard.begin();
            linked.session().reapply(now);
            linked.wire().flush();
        }
    }

    /** The client could let its server go: does that have to be asked first what the client has left? Then it is. */
    boolean asks(ServerSession linked, long nowNanos) {
        boolean asks = linked.session().isSuspect() && !settles(linked);
        if (asks) {
            guard.beginAsk();
            linked.session().ask(startup, now, nowNanos);
            linked.wire().flush();
        }
        return asks;
    }

    private boolean settles(ServerSession linked) {
        Snapshot certain = linked.session().settle(now);
        now = certain == null ? now : certain;
        return certain != null;
    }

    /** The server has answered; null: in vain. */
    void onAnswer(@Nullable Snapshot answer) {
        guard.endAsk();
        now = answer == null ? now : answer;
    }

    /**
     * Keeps {@code linked} where the client has what cannot move, or where it {@code needs} it for a statement's sake. Null, or the error
     * that ends a client who may not.
     */
    @Nullable
    ErrorFields keepIfItMust(ServerSession linked, ClientSession client, boolean needs, boolean isInForce) {
        ServerState session = linked.session();
        session.know(now.channels());
        int immovable = session.immovable();
        if (immovable != 0 && !pin(linked, client, immovable)) {
            return ProxyError.TOO_MANY_PINNED.fields(
                    StateKind.words(immovable),
                    client.pool().pool().name(),
                    client.pool().state().maxPinned());
        }
        if (!isInForce && (needs || immovable != 0)) {
            guard.begin();
            session.reapply(now);
            linked.wire().flush();
        }
        return null;
    }

    private static boolean pin(ServerSession linked, ClientSession client, int immovable) {
        boolean wasPinned = linked.session().isPinned();
        boolean isPinned = linked.session().pin(linked, client.ports().nowNanos());
        if (isPinned && !wasPinned) {
            client.ports().log().clientPinned(client.identity().describe(client.wire()), immovable);
        }
        return isPinned;
    }

    /**
     * The error that ends {@code client}, which holds {@code server}, for taking too long; null: it has time. Of what has had half of its
     * time the log is told, once.
     */
    @Nullable
    ErrorFields overdue(@Nullable ServerSession server, ClientSession client, TimeLimits limits, long nowNanos) {
        LeaseClock.Doing doing = doing(server);
        ErrorFields error = client.clock().overdue(doing, limits, nowNanos);
        if (error != null || server == null) {
            return error;
        }
        boolean isPin = doing == LeaseClock.Doing.IDLING && server.session().isPinned();
        Duration pinLimit = client.pool().state().pinIdleTimeout();
        if (isPin ? pinLimit.isPositive() : limits.isAnyWithServer()) {
            warn(client, stays(server, client.clock(), client.pool(), limits, nowNanos), nowNanos);
        }
        return isPin
                ? client.clock()
                        .overduePin(pinLimit, StateKind.words(server.session().immovable()), nowNanos)
                : null;
    }

    private void warn(ClientSession client, List<Stay> stays, long nowNanos) {
        for (Stay stay : stays) {
            if (stay.isWorthAWarning()) {
                Stays known = warned == null ? new Stays() : warned;
                warned = known;
                if (known.isNews(stay, nowNanos)) {
                    client.ports().log().clientStays(client.identity().describe(client.wire()), stay);
                }
            }
        }
    }

    /** What the client, which holds {@code server}, is at that may last too long. */
    List<Stay> stays(ServerSession server, LeaseClock clock, ServerPool pool, TimeLimits limits, long nowNanos) {
        boolean isPinned = server.session().isPinned();
        String pin = isPinned ? StateKind.words(server.session().immovable()) : "";
        return Stays.of(clock, doing(server), pin, limits, pool.state().pinIdleTimeout(), nowNanos);
    }

    /** Those of {@code client}, whose state this is. */
    ClientFacts facts(ClientSession client, long nowNanos) {
        return new ClientFacts(
                client.clock().requestNanos(),
                client.place().waitedNanos(nowNanos),
                client.input().heldBytes(),
                guard.isCancelWaiting(),
                client.input().statements(),
                stays(client, nowNanos));
    }

    private List<Stay> stays(ClientSession client, long nowNanos) {
        ServerSession server = client.server();
        if (server == null) {
            return List.of();
        }
        TimeLimits limits = client.ports().limitsOf(client.identity());
        return stays(server, client.clock(), client.pool(), limits, nowNanos);
    }

    private LeaseClock.Doing doing(@Nullable ServerSession server) {
        return guard.isAsking() ? LeaseClock.Doing.IDLING : LeaseClock.Doing.with(server);
    }
}
