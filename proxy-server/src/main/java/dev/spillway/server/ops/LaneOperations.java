package dev.spillway.server.ops;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.pool.PoolKey;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.trace.TrafficListener;
import dev.spillway.core.session.Ending;
import dev.spillway.core.session.Refused;
import dev.spillway.server.admin.Operations;
import dev.spillway.server.configfile.ConfigSource;
import dev.spillway.server.lane.Lanes;
import dev.spillway.server.pipeline.TrafficTap;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operators' commands, as {@link Orders} that all lanes heed. What is refused, and in which words, is PgBouncer's.
 *
 * <p>Usable from any thread. A command is answered when the last lane has done its part.
 */
public final class LaneOperations implements Operations {
    private static final Logger LOG = LoggerFactory.getLogger(LaneOperations.class);

    private final Lanes lanes;
    private final Reload reload;
    private final Consumer<Boolean> door;
    private final Consumer<Ending> end;
    private final BooleanSupplier isEnding;

    /** {@code door} says whether connections are accepted; {@code end} begins the end of the proxy, which {@code isEnding} tells of. */
    public LaneOperations(
            Lanes lanes, Reload reload, Consumer<Boolean> door, Consumer<Ending> end, BooleanSupplier isEnding) {
        this.lanes = lanes;
        this.reload = reload;
        this.door = door;
        this.end = end;
        this.isEnding = isEnding;
    }

    // ---- pause ---------------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> pause(@Nullable String database) {
        note("PAUSE", database);
        AtomicReference<Orders> before = new AtomicReference<>(Orders.NONE);
        CompletableFuture<Void> heeded = order(orders -> {
            before.set(orders);
            requireGoing(orders);
            requireDatabase(database, "cannot pause admin db: ");
            return database == null ? orders.pause(true) : orders.pause(database, true);
        });
        BooleanSupplier isOver = () -> !isPaused(lanes.orders(), database);
        return answer(
                "PAUSE",
                heeded,
                empty -> lanes.awaitEmpty(key -> isIn(key, database), isOver, empty),
                isOver,
                () -> takeBack(database, before.get()));
    }

    /**
     * What one who waits for an order's end is told.
     *
     * @param await completes what it is given when it has ended or {@code isOver}
     * @param isOver has somebody taken it back? Then that is the answer
     * @param takeBack done when the answer is cancelled
     */
    private CompletableFuture<Void> answer(
            String command,
            CompletableFuture<Void> heeded,
            Consumer<CompletableFuture<Void>> await,
            BooleanSupplier isOver,
            Runnable takeBack) {
        CompletableFuture<Void> reached = new CompletableFuture<>();
        CompletableFuture<Void> answer = new CompletableFuture<>();
        var _ = heeded.thenRun(() -> await.accept(reached)).exceptionally(failure -> fail(answer, failure));
        var _ = reached.thenRun(() -> {
            if (isOver.getAsBoolean()) {
                answer.completeExceptionally(refusal(command + " was ended by RESUME"));
            } else {
                answer.complete(null);
            }
        });
        var _ = answer.whenComplete((nothing, failure) -> {
            reached.complete(null); // nobody waits any more
            if (answer.isCancelled()) {
                LOG.info("{} was cancelled", command);
                takeBack.run();
            }
        });
        return answer;
    }

    private static boolean isPaused(Orders orders, @Nullable String database) {
        return database == null ? orders.isPaused() : orders.isPaused(database);
    }

    private static boolean isIn(PoolKey key, @Nullable String database) {
        return database == null || key.database().equals(database);
    }

    /** What others have ordered stays. */
    private void takeBack(@Nullable String database, Orders before) {
        var _ = order(orders -> {
            if (database == null) {
                return orders.pause(false);
            }
            boolean isOurs = !before.paused().contains(database) && !orders.isKilledSince(before, database);
            return isOurs ? orders.pause(database, false) : orders;
        });
    }

    @Override
    public CompletableFuture<Void> resume(@Nullable String database) {
        note("RESUME", database);
        return order(orders -> database == null ? resumeAll(orders) : resume(orders, database))
                .whenComplete((nothing, failure) -> openDoor());
    }

    private Orders resumeAll(Orders orders) {
        if (isEnding.getAsBoolean()) {
            throw refusal("pooler is shutting down");
        }
        if (!orders.isPaused() && !orders.isSuspended()) {
            String paused = String.join(", ", new TreeSet<>(orders.paused()));
            ErrorFields error = ProxyError.COMMAND_REFUSED.fields("pooler is not paused/suspended");
            throw new Refused(
                    paused.isEmpty() ? error : error.with('H', "Paused by name, each to be resumed: " + paused));
        }
        return orders.pause(false).suspend(false);
    }

    private Orders resume(Orders orders, String database) {
        requireKnown(orders, database);
        if (!orders.paused().contains(database)) {
            throw refusal("database " + database + " is not paused");
        }
        return orders.pause(database, false);
    }

    // ---- suspend -------------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> suspend() {
        note("SUSPEND", null);
        CompletableFuture<Void> heeded = order(orders -> {
            requireGoing(orders);
            if (!orders.paused().isEmpty()) {
                throw refusal("cannot suspend with paused databases");
            }
            return orders.suspend(true);
        });
        var _ = heeded.thenRun(this::openDoor);
        BooleanSupplier isOver = () -> !lanes.orders().isSuspended();
        return answer("SUSPEND", heeded, quiet -> lanes.awaitQuiet(isOver, quiet), isOver, this::endSuspension);
    }

    /** Connections are accepted unless all are suspended, whatever came last. */
    private synchronized void openDoor() {
        door.accept(!lanes.orders().isSuspended());
    }

    private void endSuspension() {
        var _ = order(orders -> orders.suspend(false)).whenComplete((nothing, failure) -> openDoor());
    }

    /** Whoever has suspended everything and left could not come back by the port that serves clients. */
    @Override
    public void onUnattended() {
        if (lanes.orders().isSuspended()) {
            LOG.info("admin disappeared when suspended, doing RESUME");
            endSuspension();
        }
    }

    // ---- servers and clients -------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> reconnect(@Nullable String database) {
        note("RECONNECT", database);
        return order(orders -> {
            requireDatabase(database, "cannot reconnect admin db: ");
            return database == null ? orders.renew() : orders.renew(database);
        });
    }

    @Override
    public CompletableFuture<Void> cleanUp(@Nullable String database) {
        note("CLEANUP", database);
        try {
            requireDatabase(database, "cannot clean up admin db: ");
            return lanes.onEach(lane -> lane.cleanUp(database));
        } catch (Refused | RejectedExecutionException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public CompletableFuture<Void> kill(@Nullable String database) {
        note("KILL", database);
        return order(orders -> {
            requireGoing(orders);
            requireDatabase(database, "cannot kill admin db: ");
            Orders next = orders;
            for (String each : database == null ? lanes.databases() : List.of(database)) {
                next = next.kill(each);
            }
            return next;
        });
    }

    @Override
    public CompletableFuture<Void> killClient(long id) {
        note("KILL_CLIENT", Long.toString(id));
        return lanes.kill(id).thenAccept(isFound -> {
            if (!isFound) {
                throw refusal("client not found");
            }
        });
    }

    @Override
    public CompletableFuture<Runnable> trace(long id, TrafficListener listener) {
        note("TRACE", Long.toString(id));
        TrafficTap tap = new TrafficTap(new Noted(id, listener));
        return lanes.trace(id, tap).thenApply(isFound -> {
            if (!isFound) {
                throw refusal("client not found");
            }
            return tap::remove;
        });
    }

    /** Who is watched, and for how long, is in the log. */
    private record Noted(long client, TrafficListener listener) implements TrafficListener {
        @Override
        public void onMessage(boolean isFromClient, int server, String name, long lengthBytes, String detail) {
            listener.onMessage(isFromClient, server, name, lengthBytes, detail);
        }

        @Override
        public void onEnd() {
            LOG.info("TRACE '{}' has ended", client);
            listener.onEnd();
        }
    }

    @Override
    public CompletableFuture<Void> waitClose(@Nullable String database) {
        note("WAIT_CLOSE", database);
        CompletableFuture<Void> answer = new CompletableFuture<>();
        try {
            requireDatabase(database, "cannot wait in admin db: ");
            lanes.awaitEmpty(
                    key -> isIn(key, database) && !lanes.isCurrent(key, reload.current()), () -> false, answer);
        } catch (Refused e) {
            fail(answer, e);
        }
        return answer;
    }

    @Override
    public CompletableFuture<Void> disable(String database) {
        note("DISABLE", database);
        return order(orders -> {
            requireDatabase(database, "cannot disable admin db: ");
            return orders.disable(database, true);
        });
    }

    @Override
    public CompletableFuture<Void> enable(String database) {
        note("ENABLE", database);
        return order(orders -> {
            requireKnown(orders, database);
            requireDatabase(database, "cannot enable admin db: ");
            return orders.disable(database, false);
        });
    }

    // ---- configuration -------------------------------------------------------------------------------------------

    @Override
    public CompletableFuture<Void> reload() {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        reload.run(problems -> {
            if (problems.isEmpty()) {
                answer.complete(null);
            } else {
                String detail = "The old configuration stays in force. Number of problems: " + problems.size()
                        + "; the first: " + problems.getFirst();
                answer.completeExceptionally(
                        new Refused(ProxyError.RELOAD_REFUSED.fields().with('D', detail)));
            }
        });
        return answer;
    }

    @Override
    public CompletableFuture<String> set(String name, String value) {
        if (ConfigSource.isWithoutEffect(name)) {
            return CompletableFuture.completedFuture(name + " has no effect in Spillway");
        }
        CompletableFuture<String> answer = new CompletableFuture<>();
        reload.set(name, value, problems -> {
            if (problems.isEmpty()) {
                answer.complete("");
            } else {
                answer.completeExceptionally(new Refused(
                        ProxyError.COMMAND_REFUSED.fields("SET failed").with('D', problems.getFirst())));
            }
        });
        return answer;
    }

    @Override
    public void shutDown(Ending how) {
        end.accept(how);
    }

    // ---- what all of them need -----------------------------------------------------------------------------------

    private CompletableFuture<Void> order(UnaryOperator<Orders> change) {
        try {
            return lanes.order(change);
        } catch (Refused e) {
            return CompletableFuture.failedFuture(e);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(refusal("the pooler has shut down"));
        }
    }

    private static @Nullable Void fail(CompletableFuture<?> answer, Throwable failure) {
        Throwable cause = failure.getCause();
        answer.completeExceptionally(cause == null ? failure : cause);
        return null;
    }

    private static void requireGoing(Orders orders) {
        if (orders.isPaused() || orders.isSuspended()) {
            throw refusal("already suspended/paused");
        }
    }

    /** As a client could ask for it; {@code noConsole} is what is said of the console's own. */
    private void requireDatabase(@Nullable String database, String noConsole) {
        if (database == null) {
            return;
        }
        if (ProxyConfig.CONSOLE_DATABASES.contains(database)) {
            throw refusal(noConsole + database);
        }
        if (reload.current().database(database) == null) {
            throw refusal("no such database: " + database);
        }
    }

    /** One that is configured or has been used: of the names that {@code *} stands for, those that somebody has asked for. */
    private void requireKnown(Orders orders, String database) {
        boolean isKnown = reload.current().databases().containsKey(database)
                || ProxyConfig.CONSOLE_DATABASES.contains(database)
                || lanes.databases().contains(database)
                || orders.paused().contains(database)
                || orders.disabled().contains(database);
        if (!isKnown) {
            throw refusal("no such database: " + database);
        }
    }

    private static Refused refusal(String text) {
        return new Refused(ProxyError.COMMAND_REFUSED.fields(text));
    }

    private static void note(String command, @Nullable String argument) {
        LOG.info("{}{} command issued", command, argument == null ? "" : " '" + argument + "'");
    }
}
