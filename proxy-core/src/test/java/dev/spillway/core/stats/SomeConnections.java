package dev.spillway.core.stats;

import java.util.stream.IntStream;

/** Portions of clients of which only the numbers matter. */
public final class SomeConnections {
    private SomeConnections() {}

    public static Connections.Portion portion(boolean isLast, IntStream ids) {
        return new Connections.Portion(ids.mapToObj(SomeConnections::client).toList(), isLast);
    }

    private static ConnectionFigures client(int id) {
        WireFigures wire = new WireFigures(id, "127.0.0.1:" + id, "127.0.0.1:6432", 0, "", 0);
        return new ConnectionFigures(
                "C", "user", "db", "none", "idle", wire, 0, 0, 0, false, 0, 0, "", 0, 0, PinShown.NONE);
    }
}
