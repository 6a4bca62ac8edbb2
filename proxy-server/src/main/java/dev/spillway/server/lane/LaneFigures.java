package dev.spillway.server.lane;

import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.core.stats.Incidents;
import dev.spillway.core.stats.LaneView;
import dev.spillway.core.stats.NameFigures;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A lane as the tables of SHOW want to see it, at a moment. Read at once, on that lane. */
record LaneFigures(
        int number,
        Incidents incidents,
        LanePools lanePools,
        LaneClients laneClients,
        Arrivals arrivals,
        ServerConnector connector,
        ConsoleDoor door,
        Admission admission,
        long windowNanos,
        long nowNanos,
        long nowMillis)
        implements LaneView {
    @Override
    public long busyNanos() {
        return Usage.ofThread();
    }

    @Override
    public Set<String> users() {
        return admission.users();
    }

    @Override
    public long cancelRequests() {
        return admission.cancelRequests();
    }

    @Override
    public long cancels() {
        return connector.cancels();
    }

    @Override
    public Collection<PoolEntry> pools() {
        return lanePools.entries();
    }

    @Override
    public boolean isNamedByClients(String database) {
        return lanePools.isNamedByClients(database);
    }

    @Override
    public Set<CancelKey> clients() {
        return laneClients.keys();
    }

    @Override
    public @Nullable ClientSession client(CancelKey key) {
        return laneClients.find(key);
    }

    @Override
    public Collection<WelcomeProbe> probes() {
        List<WelcomeProbe> probes = new ArrayList<>();
        arrivals.forEachProbe(probes::add);
        return probes;
    }

    @Override
    public Collection<LoginEntry> logins() {
        return arrivals.logins();
    }

    @Override
    public Collection<OpeningEntry> openings() {
        return connector.openings();
    }

    @Override
    public Collection<ConsoleEntry> consoles() {
        return door.clients();
    }

    @Override
    public PoolCounters consoleCounters() {
        return door.counters();
    }

    @Override
    public Map<String, PoolCounters> past() {
        return lanePools.past().ofDatabases();
    }

    @Override
    public PoolCounters forgotten() {
        return lanePools.past().forgotten();
    }

    @Override
    public Collection<NameFigures> names() {
        return connector.lookup().figures();
    }
}
