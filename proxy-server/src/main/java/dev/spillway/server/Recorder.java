package dev.spillway.server;

import dev.spillway.core.stats.History;
import dev.spillway.core.stats.Overview;
import dev.spillway.server.lane.Lanes;
import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/**
 * Has all lanes say every few seconds what they have done, for pages that are opened later. It goes on until its event loop ends.
 */
final class Recorder {
    private final Lanes lanes;
    private final History history = new History();

    Recorder(Lanes lanes) {
        this.lanes = lanes;
    }

    void start(EventLoop loop) {
        var _ = loop.scheduleAtFixedRate(this::record, 0, History.EVERY_SECONDS, TimeUnit.SECONDS);
    }

    private void record() {
        var _ = lanes.gather(Overview::work)
                .thenAccept(parts -> history.add(Overview.sumOfWork(parts), lanes.hosts(), System.currentTimeMillis()));
    }

    History history() {
        return history;
    }
}
