package dev.spillway.core.stats;

import dev.spillway.core.session.ClientSession;
import java.util.ArrayList;
import java.util.List;

/** Sees connections as they are shown one by one: clients first, and at the end what else the lane has. Confined to that lane. */
public final class ConnectionLook implements ClientReading.Look<List<ConnectionFigures>> {
    private final boolean areAll;
    private List<ConnectionFigures> found = new ArrayList<>();

    /** {@code areAll}: with those to servers, and those that log in. */
    public ConnectionLook(boolean areAll) {
        this.areAll = areAll;
    }

    @Override
    public void see(ClientSession client, LaneView view) {
        found.add(ConnectionFigures.of(client, view));
    }

    /** Those that were found since the last time. */
    public List<ConnectionFigures> take() {
        List<ConnectionFigures> taken = found;
        found = new ArrayList<>();
        return taken;
    }

    /** Those that have not been taken, and the others. */
    @Override
    public List<ConnectionFigures> end(LaneView view) {
        view.probes().forEach(client -> found.add(ConnectionFigures.of(client, view)));
        view.consoles().forEach(client -> found.add(ConnectionFigures.of(client, view)));
        if (areAll) {
            found.addAll(ProxyFigures.servers(view));
            view.logins().forEach(client -> found.add(ConnectionFigures.of(client, view)));
        }
        return take();
    }
}
