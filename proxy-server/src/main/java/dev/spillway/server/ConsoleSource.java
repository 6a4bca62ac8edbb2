package dev.spillway.server;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ConnectionLog.ClientEnd;
import dev.spillway.core.session.LogSubject;
import dev.spillway.core.stats.ClientReading;
import dev.spillway.core.stats.Connections;
import dev.spillway.core.stats.LaneView;
import dev.spillway.core.stats.StatementTable;
import dev.spillway.core.stats.Table;
import dev.spillway.server.admin.ConsoleSession;
import dev.spillway.server.admin.Operations;
import dev.spillway.server.lane.Lane;
import dev.spillway.server.lane.Lanes;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where the answers of one client of the console come from. Used on its lane. */
final class ConsoleSource implements ConsoleSession.Source {
    private static final int MOST_LOGGED = 200;

    private final Lanes lanes;
    private final Supplier<ProxyConfig> config;
    private final Operations operations;
    private final Executor work;
    private final BooleanSupplier isEnding;
    private final Lane asker;
    private final LogSubject client;

    /** Of {@code client}, which is on {@code asker}; {@code config} is the one in force, {@code work} makes tables. */
    ConsoleSource(
            Lanes lanes,
            Supplier<ProxyConfig> config,
            Operations operations,
            Executor work,
            BooleanSupplier isEnding,
            Lane asker,
            LogSubject client) {
        this.lanes = lanes;
        this.config = config;
        this.operations = operations;
        this.work = work;
        this.isEnding = isEnding;
        this.asker = asker;
        this.client = client;
    }

    @Override
    public ProxyConfig config() {
        return config.get();
    }

    @Override
    public <T> CompletableFuture<List<T>> gather(Function<LaneView, T> read) {
        return lanes.gather(read);
    }

    @Override
    public <T> CompletableFuture<List<T>> look(Supplier<ClientReading.Look<T>> look) {
        return lanes.look(look);
    }

    @Override
    public Connections connections(boolean areAll) {
        return lanes.connections(areAll);
    }

    @Override
    public Executor work() {
        return work;
    }

    @Override
    public void onRefused(ErrorFields error) {
        asker.log().commandRefused(client, error.with('M', withoutValues(error.message())));
    }

    /** What is quoted of a command that was not understood may hold a secret. */
    private static String withoutValues(String text) {
        int equals = text.indexOf('=');
        int end = Math.min(equals < 0 ? text.length() : equals + 1, MOST_LOGGED);
        return end == text.length() ? text : text.substring(0, end) + "...";
    }

    @Override
    public void onEnd(ClientEnd how, String why, @Nullable ErrorFields told) {
        asker.log().clientEnded(client, how, isEnding.getAsBoolean() ? "the pooler is shutting down" : why, told);
    }

    @Override
    public void onCommand() {
        asker.operators().onConsoleCommand();
    }

    @Override
    public Orders orders() {
        return lanes.orders();
    }

    @Override
    public List<HostFigures> hosts() {
        return lanes.hosts();
    }

    @Override
    public Table statements(boolean showsTexts) {
        return StatementTable.of(asker.statements().all(), asker.nowNanos(), showsTexts);
    }

    @Override
    public Operations operations() {
        return operations;
    }

    @Override
    public Executor executor() {
        return asker::execute;
    }

    @Override
    public CancelKey open(Runnable cancel) {
        return lanes.openConsole(() -> asker.execute(cancel));
    }

    @Override
    public void close(CancelKey key) {
        if (!lanes.closeConsole(key)) {
            operations.onUnattended();
        }
    }
}
