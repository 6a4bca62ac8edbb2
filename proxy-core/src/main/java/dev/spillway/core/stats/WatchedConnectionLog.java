package dev.spillway.core.stats;

import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.Replication;
import dev.spillway.core.session.ConnectionLog;
import dev.spillway.core.session.LogSubject;
import dev.spillway.core.session.SlowTransaction;
import dev.spillway.core.session.Stay;
import dev.spillway.core.session.state.StateKind;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts what goes wrong, and hands everything on to {@code next}, but of slow transactions no more than somebody can read. Called on its lane, like that. {@code nowMillis} is the wall
 * clock.
 */
public record WatchedConnectionLog(ConnectionLog next, Incidents incidents, LongSupplier nowMillis, LineLimit slow)
        implements ConnectionLog {
    public WatchedConnectionLog(ConnectionLog next, Incidents incidents, LongSupplier nowMillis) {
        this(next, incidents, nowMillis, new LineLimit());
    }

    @Override
    public void clientAsks(LogSubject client, Replication replication) {
        next.clientAsks(client, replication);
    }

    @Override
    public void clientLoggedIn(LogSubject client) {
        next.clientLoggedIn(client);
    }

    @Override
    public void clientNotServed(LogSubject client, ErrorFields error) {
        incidents.add("not served", incident(client, error, error.message()));
        next.clientNotServed(client, error);
    }

    @Override
    public void commandRefused(LogSubject client, ErrorFields error) {
        next.commandRefused(client, error);
    }

    @Override
    public void clientPinned(LogSubject client, int kinds) {
        incidents.addPin(StateKind.words(kinds));
        next.clientPinned(client, kinds);
    }

    @Override
    public void clientStays(LogSubject client, Stay stay) {
        next.clientStays(client, stay);
    }

    @Override
    public void clientSlow(LogSubject client, SlowTransaction transaction) {
        long dropped = slow.pass(client.database() + "/" + client.user(), nowMillis.getAsLong());
        if (dropped >= 0) {
            next.clientSlow(client, transaction.after(dropped));
        }
    }

    @Override
    public void clientEnded(LogSubject client, ClientEnd how, String why, @Nullable ErrorFields told) {
        if (told != null) {
            incidents.add(how.name(), incident(client, told, words(how, told)));
        }
        next.clientEnded(client, how, why, told);
    }

    /** What a client sent that broke the protocol may be anything, and so may what PostgreSQL says of its settings. */
    private static String words(ClientEnd how, ErrorFields told) {
        String text = told.message();
        boolean mayQuote = how == ClientEnd.PROTOCOL_BROKEN
                || told.sqlstate().equals(Sqlstate.PROTOCOL_VIOLATION)
                || text.startsWith("the settings of this session");
        return mayQuote ? text.split("[\":]", 2)[0].strip() : text;
    }

    @Override
    public void serverConnected(LogSubject server) {
        next.serverConnected(server);
    }

    @Override
    public void serverOpened(LogSubject server) {
        next.serverOpened(server);
    }

    @Override
    public void serverRefused(LogSubject server, ErrorFields error) {
        incidents.remember("refused", incident(server, error, "server login failed: " + error.message()));
        next.serverRefused(server, error);
    }

    @Override
    public void serverEnded(LogSubject server, boolean isMisbehaviour, String why) {
        if (isMisbehaviour) {
            ErrorFields error = ErrorFields.of("FATAL", Sqlstate.PROTOCOL_VIOLATION, why);
            incidents.remember("broken off", incident(server, error, "server broke the protocol"));
        }
        next.serverEnded(server, isMisbehaviour, why);
    }

    @Override
    public void fleetProblem(String fleet, String why) {
        long now = nowMillis.getAsLong();
        String text = "the fleet " + fleet + " cannot be spoken with: " + why;
        incidents.remember("fleet", new Incident(Sqlstate.CONNECTION_FAILURE, "", "", text, 1, now, now));
        next.fleetProblem(fleet, why);
    }

    @Override
    public void fleetMemberDead(String fleet, String member, long silentMillis, int open) {
        next.fleetMemberDead(fleet, member, silentMillis, open);
    }

    @Override
    public void listenerLost(String database, String why) {
        long now = nowMillis.getAsLong();
        String text = "the connection that listens for clients was lost: " + why;
        incidents.remember("listener lost", new Incident(Sqlstate.CONNECTION_FAILURE, database, "", text, 1, now, now));
        next.listenerLost(database, why);
    }

    @Override
    public void listenerBack(String database, long missedMillis) {
        next.listenerBack(database, missedMillis);
    }

    @Override
    public void serverNotReached(String pool, String where, boolean isLast, String why) {
        long now = nowMillis.getAsLong();
        String[] names = pool.split("/", 2);
        Incident incident = new Incident(
                Sqlstate.CONNECTION_FAILURE,
                names[0],
                names.length > 1 ? names[1] : "",
                "no connection to the server: " + why,
                1,
                now,
                now);
        incidents.remember("not reached", incident);
        next.serverNotReached(pool, where, isLast, why);
    }

    private Incident incident(LogSubject subject, ErrorFields error, String text) {
        long now = nowMillis.getAsLong();
        return new Incident(error.sqlstate(), subject.database(), subject.user(), text, 1, now, now);
    }
}
