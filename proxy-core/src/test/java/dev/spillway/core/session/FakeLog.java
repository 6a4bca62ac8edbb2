package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.Replication;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps what it is told, a line for each event. */
public final class FakeLog implements ConnectionLog {
    private final List<String> lines = new ArrayList<>();

    public List<String> lines() {
        return lines;
    }

    @Override
    public void clientAsks(LogSubject client, Replication replication) {
        lines.add("client asks " + client.name());
    }

    @Override
    public void clientLoggedIn(LogSubject client) {
        lines.add("client logged in " + client.name());
    }

    @Override
    public void clientNotServed(LogSubject client, ErrorFields error) {
        lines.add("client not served " + client.name() + ": " + error.message());
    }

    @Override
    public void clientPinned(LogSubject client, int kinds) {}

    @Override
    public void clientStays(LogSubject client, Stay stay) {
        lines.add("client stays " + client.name() + ": " + stay.text());
    }

    @Override
    public void commandRefused(LogSubject client, ErrorFields error) {
        lines.add("command refused " + client.name() + ": " + error.message());
    }

    @Override
    public void clientSlow(LogSubject client, SlowTransaction slow) {
        lines.add("client slow " + client.name() + ": " + slow.text());
    }

    @Override
    public void clientEnded(LogSubject client, ClientEnd how, String why, @Nullable ErrorFields told) {
        lines.add("client ended " + how + " " + client.name() + ": " + why
                + (told == null ? "" : " told " + told.sqlstate()));
    }

    @Override
    public void serverConnected(LogSubject server) {
        lines.add("server connected " + server.name());
    }

    @Override
    public void serverOpened(LogSubject server) {
        lines.add("server opened " + server.name());
    }

    @Override
    public void serverRefused(LogSubject server, ErrorFields error) {
        lines.add("server refused " + server.name() + ": " + error.message());
    }

    @Override
    public void serverEnded(LogSubject server, boolean isMisbehaviour, String why) {
        lines.add("server ended " + server.name() + ": " + why);
    }

    @Override
    public void fleetProblem(String fleet, String why) {
        lines.add("fleet problem " + fleet + ": " + why);
    }

    @Override
    public void fleetMemberDead(String fleet, String member, long silentMillis, int open) {
        lines.add("fleet member dead " + member);
    }

    @Override
    public void listenerLost(String database, String why) {
        lines.add("listener lost " + database + ": " + why);
    }

    @Override
    public void listenerBack(String database, long missedMillis) {
        lines.add("listener back " + database);
    }

    @Override
    public void serverNotReached(String pool, String where, boolean isLast, String why) {
        lines.add("server not reached " + pool + ": " + why);
    }
}
