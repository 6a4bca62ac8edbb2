package dev.spillway.server.lane;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * Who waits for something to become true of all lanes together: that a database has no servers, or the proxy no clients.
 *
 * <p>Thread-safe. Conditions ask atomics that the lanes share. Whoever changes one of those calls {@link #check} after it, and
 * a condition is asked once when it is added: so no change is missed, and nobody polls.
 */
final class Awaiting {
    private record Wait(BooleanSupplier condition, CompletableFuture<Void> done) {}

    private final Set<Wait> waits = ConcurrentHashMap.newKeySet();

    /** Completes {@code done} once {@code condition} holds, unless somebody else completes it before. */
    void until(BooleanSupplier condition, CompletableFuture<Void> done) {
        Wait wait = new Wait(condition, done);
        waits.add(wait);
        var _ = done.whenComplete((nothing, failure) -> waits.remove(wait));
        if (condition.getAsBoolean()) {
            done.complete(null);
        }
    }

    /** Something has changed. */
    void check() {
        if (!waits.isEmpty()) {
            for (Wait wait : waits) {
                if (wait.condition.getAsBoolean()) {
                    wait.done.complete(null);
                }
            }
        }
    }
}
