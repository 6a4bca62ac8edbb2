package dev.spillway.server.http;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What pages show where nothing runs. {@code pulses}: when the lanes are said to have found time. */
record StillLife(Supplier<CompletableFuture<Void>> pulses) implements Pages.Source {
    @Override
    public CompletableFuture<Void> pulse() {
        return pulses.get();
    }

    @Override
    public boolean isDraining() {
        return false;
    }
}
