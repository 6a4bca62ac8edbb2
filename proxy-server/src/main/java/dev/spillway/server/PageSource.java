package dev.spillway.server;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.stats.History;
import dev.spillway.core.stats.Overview;
import dev.spillway.server.cli.SpillwayVersion;
import dev.spillway.server.http.Pages;
import dev.spillway.server.lane.Lanes;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What the pages of a proxy show. Usable from any thread. */
final class PageSource implements Pages.Source {
    private final Lanes lanes;
    private final History history;
    private final Supplier<ProxyConfig> config;
    private final BooleanSupplier isDraining;
    private final Executor work;

    /** {@code work} makes the pages; {@code config}: the one in force. */
    PageSource(Lanes lanes, Executor work, History history, Supplier<ProxyConfig> config, BooleanSupplier isDraining) {
        this.history = history;
        this.lanes = lanes;
        this.config = config;
        this.isDraining = isDraining;
        this.work = work;
    }

    @Override
    public CompletableFuture<Void> pulse() {
        return lanes.onEach(lane -> {});
    }

    @Override
    public CompletableFuture<Overview> overview() {
        return lanes.overview();
    }

    @Override
    public List<HostFigures> hosts() {
        return lanes.hosts();
    }

    @Override
    public History history() {
        return history;
    }

    @Override
    public ProxyConfig config() {
        return config.get();
    }

    @Override
    public Orders orders() {
        return lanes.orders();
    }

    @Override
    public int connected() {
        return lanes.connected();
    }

    @Override
    public boolean isDraining() {
        return isDraining.getAsBoolean();
    }

    @Override
    public Executor work() {
        return work;
    }

    @Override
    public String version() {
        return SpillwayVersion.number();
    }
}
