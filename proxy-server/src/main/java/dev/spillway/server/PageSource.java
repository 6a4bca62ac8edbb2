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
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What the pages of a proxy show. Usable from any thread. Its own thread ends when nobody has asked for a while. */
final class PageSource implements Pages.Source {
    private static final long REST_SECONDS = 120;

    private final Lanes lanes;
    private final History history;
    private final Supplier<ProxyConfig> config;
    private final BooleanSupplier isDraining;
    private final ThreadPoolExecutor work = new ThreadPoolExecutor(
            1,
            1,
            REST_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("pages").daemon().factory());

    /** {@code config}: the one in force. */
    PageSource(Lanes lanes, History history, Supplier<ProxyConfig> config, BooleanSupplier isDraining) {
        this.history = history;
        this.lanes = lanes;
        this.config = config;
        this.isDraining = isDraining;
        work.allowCoreThreadTimeOut(true);
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
