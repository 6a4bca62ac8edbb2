package dev.spillway.core.stats;

import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.ClientSession;
import java.util.List;

/**
 * A look at the clients of one lane: at some at a time, since nobody's query is to wait until thousands have been read.
 *
 * <p>Confined to that lane, which is given back between two calls of {@link #readMore}. Who comes meanwhile is not seen, nor is who
 * leaves before its turn. It holds no client, however long it takes.
 */
public final class ClientReading<T> {
    static final int AT_ONCE = 50;

    /** What is wanted of the clients. */
    public interface Look<T> {
        void see(ClientSession client, LaneView view);

        /** What there is to say when all have been seen. */
        T end(LaneView view);
    }

    private final List<CancelKey> all;
    private final Look<T> look;
    private int next;

    /** At those who are there now. */
    public ClientReading(LaneView view, Look<T> look) {
        this.all = List.copyOf(view.clients());
        this.look = look;
    }

    /** Reads some of them; true: there are more. */
    public boolean readMore(LaneView view) {
        int end = Math.min(next + AT_ONCE, all.size());
        for (; next < end; next++) {
            ClientSession client = view.client(all.get(next));
            if (client != null) {
                look.see(client, view);
            }
        }
        return next < all.size();
    }

    /** All have been read. */
    public T end(LaneView view) {
        return look.end(view);
    }
}
