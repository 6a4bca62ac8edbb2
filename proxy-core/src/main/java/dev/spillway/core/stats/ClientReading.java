package dev.spillway.core.stats;

import dev.spillway.core.session.ClientSession;
import java.util.ArrayList;
import java.util.List;

/**
 * The clients of one lane on their way into its {@link ProxyFigures}: some at a time, since nobody's query is to wait until thousands
 * have been read.
 *
 * <p>Confined to that lane, which is given back between two calls of {@link #readMore}. Who comes meanwhile is not seen, nor is who
 * leaves before its turn.
 */
public final class ClientReading {
    static final int AT_ONCE = 128;

    private final List<ClientSession> all;
    private final List<ConnectionFigures> found = new ArrayList<>();
    private int next;

    /** Of those who are there now. */
    public ClientReading(LaneView view) {
        this.all = List.copyOf(view.clients());
    }

    /** Reads some of them; true: there are more. */
    public boolean readMore(LaneView view) {
        int end = Math.min(next + AT_ONCE, all.size());
        for (; next < end; next++) {
            ClientSession client = all.get(next);
            if (view.isHere(client)) {
                found.add(ConnectionFigures.of(client, view));
            }
        }
        return next < all.size();
    }

    /** Those that were read, with what else the lane has now. */
    public ProxyFigures figures(LaneView view) {
        return ProxyFigures.of(view, found);
    }
}
