package dev.spillway.server.http;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.stats.History;
import dev.spillway.core.stats.Overview;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** What pages show where nothing runs. {@code pulses}: when the lanes are said to have found time. */
record StillLife(Supplier<CompletableFuture<Void>> pulses) implements Pages.Source {
    @Override
    public CompletableFuture<Void> pulse() {
        return pulses.get();
    }

    @Override
    public CompletableFuture<Overview> overview() {
        return CompletableFuture.completedFuture(Overview.sum(List.of()));
    }

    @Override
    public List<HostFigures> hosts() {
        return List.of();
    }

    @Override
    public History history() {
        return new History();
    }

    @Override
    public ProxyConfig config() {
        return ProxyConfig.defaults();
    }

    @Override
    public Orders orders() {
        return Orders.NONE;
    }

    @Override
    public int connected() {
        return 0;
    }

    @Override
    public boolean isDraining() {
        return false;
    }

    @Override
    public Executor work() {
        return Runnable::run;
    }

    @Override
    public String version() {
        return "0";
    }
}
