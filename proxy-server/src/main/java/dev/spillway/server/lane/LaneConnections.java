package dev.spillway.server.lane;

import dev.spillway.core.stats.ClientReading;
import dev.spillway.core.stats.ConnectionFigures;
import dev.spillway.core.stats.ConnectionLook;
import dev.spillway.core.stats.Connections;
import dev.spillway.core.stats.LaneView;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The connections of all lanes, one lane after the other. Each portion is read on its lane; nothing else touches the fields. */
final class LaneConnections implements Connections {
    private final List<Lane> lanes;
    private final ConnectionLook look;
    private int lane;
    private @Nullable ClientReading<List<ConnectionFigures>> reading;

    LaneConnections(List<Lane> lanes, boolean areAll) {
        this.lanes = lanes;
        this.look = new ConnectionLook(areAll);
    }

    @Override
    public CompletableFuture<Portion> next() {
        Operators operators = lanes.get(lane).operators();
        return reading == null ? operators.inTurn(this::read) : operators.afterPause(this::read);
    }

    private Portion read(LaneView view) {
        ClientReading<List<ConnectionFigures>> clients = reading == null ? new ClientReading<>(view, look) : reading;
        if (clients.readMore(view)) {
            reading = clients;
            return new Portion(look.take(), false);
        }
        reading = null;
        lane++;
        return new Portion(clients.end(view), lane == lanes.size());
    }
}
