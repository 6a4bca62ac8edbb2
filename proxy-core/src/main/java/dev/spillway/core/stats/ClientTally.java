package dev.spillway.core.stats;

import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.WelcomeProbe;
import java.util.HashMap;
import java.util.Map;

/** How many clients of a lane's slice of a pool do what; those that are being logged in may have a server, too. */
final class ClientTally {
    private static final ClientTally NONE = new ClientTally();

    private int active;
    private int cancelWaiting;

    /** Of all slices on one lane that have clients; called on that lane. */
    static Map<ServerPool, ClientTally> of(LaneView view) {
        Map<ServerPool, ClientTally> tallies = new HashMap<>();
        for (ClientSession client : view.clients()) {
            // what waits is behind a restore, which needs a server; of thousands that have none the facts would cost a
            // lane too much
            boolean isCancelWaiting =
                    client.server() != null && client.facts(view.nowNanos()).isCancelWaiting();
            tallies.computeIfAbsent(client.pool(), first -> new ClientTally())
                    .count(!client.isWaiting(), isCancelWaiting);
        }
        for (WelcomeProbe client : view.probes()) {
            tallies.computeIfAbsent(client.pool(), first -> new ClientTally()).count(client.server() != null, false);
        }
        return tallies;
    }

    /** The slice of {@code entry}, with its clients. */
    static PoolFigures figures(Map<ServerPool, ClientTally> tallies, LaneView.PoolEntry entry, LaneView view) {
        ClientTally tally = tallies.getOrDefault(entry.pool(), NONE);
        return PoolFigures.of(view, entry, tally.active, tally.cancelWaiting);
    }

    private void count(boolean isActive, boolean isCancelWaiting) {
        active += isActive ? 1 : 0;
        cancelWaiting += isCancelWaiting ? 1 : 0;
    }
}
