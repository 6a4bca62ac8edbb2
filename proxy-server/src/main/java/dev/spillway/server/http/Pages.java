package dev.spillway.server.http;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.stats.History;
import dev.spillway.core.stats.Overview;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which page answers which path. Usable from any thread. */
public final class Pages {
    /** Where the pages get what they show. Usable from any thread; what is returned is completed on whatever thread. */
    public interface Source {
        /** Done when every lane has found time for it. */
        CompletableFuture<Void> pulse();

        /** What all lanes have. */
        CompletableFuture<Overview> overview();

        /** What each PostgreSQL has. */
        List<HostFigures> hosts();

        /** What was done in the last minutes. */
        History history();

        ProxyConfig config();

        Orders orders();

        /** Client connections, logged in or not. */
        int connected();

        /** Does it end? */
        boolean isDraining();

        /** Runs what takes longer than a lane should be kept. */
        Executor work();

        String version();
    }

    private static final Logger LOG = LoggerFactory.getLogger(Pages.class);

    private final Source source;
    private @Nullable Dashboard dashboard;

    public Pages(Source source) {
        this.source = source;
    }

    /**
     * Answers a request.
     *
     * @param path without a query
     * @param accept what the client asks for in its header of that name
     * @param isCrowded whether only that is answered which tells if the process is well
     */
    CompletableFuture<Page> answer(String path, String accept, boolean isCrowded) {
        if (path.equals("/healthz")) {
            return source.pulse().thenApply(nothing -> Page.text(HttpResponseStatus.OK, "ok"));
        }
        if (isCrowded) {
            return now(HttpResponseStatus.SERVICE_UNAVAILABLE, "too many connections to the admin port");
        }
        return switch (path) {
            case "/" -> CompletableFuture.supplyAsync(this::dashboard, source.work());
            case "/readyz" -> readiness();
            case "/status" ->
                ofFacts(facts ->
                        Page.ok("application/json", StatusPage.write(facts).getBytes(StandardCharsets.UTF_8)));
            case "/history" -> CompletableFuture.supplyAsync(this::history, source.work());
            case "/metrics" -> ofFacts(facts -> Metrics.write(facts, accept));
            default ->
                now(HttpResponseStatus.NOT_FOUND, "there are /, /healthz, /readyz, /status, /history and /metrics");
        };
    }

    /** Called on the thread of the work alone. */
    private Page dashboard() {
        Dashboard made = dashboard;
        if (made == null) {
            made = new Dashboard();
            dashboard = made;
        }
        return made.page();
    }

    private Page history() {
        String text = HistoryPage.write(source.history().stretches());
        return Page.ok("application/json", text.getBytes(StandardCharsets.UTF_8));
    }

    private CompletableFuture<Page> readiness() {
        if (source.isDraining()) {
            return now(HttpResponseStatus.SERVICE_UNAVAILABLE, "shutting down");
        }
        if (source.orders().isSuspended()) {
            return now(HttpResponseStatus.SERVICE_UNAVAILABLE, "suspended");
        }
        return source.config().readyzRequiresServer()
                ? ofFacts(facts -> readiness(facts.whyNotReady()))
                : CompletableFuture.completedFuture(readiness(null));
    }

    private static Page readiness(@Nullable String whyNot) {
        return whyNot == null
                ? Page.text(HttpResponseStatus.OK, "ready")
                : Page.text(HttpResponseStatus.SERVICE_UNAVAILABLE, whyNot);
    }

    private CompletableFuture<Page> ofFacts(Function<Facts, Page> page) {
        return source.overview()
                .thenApplyAsync(
                        overview -> page.apply(new Facts(
                                overview,
                                source.hosts(),
                                source.config(),
                                source.orders(),
                                ProcessFigures.now(),
                                source.connected(),
                                source.isDraining(),
                                source.version())),
                        source.work());
    }

    private static CompletableFuture<Page> now(HttpResponseStatus status, String line) {
        return CompletableFuture.completedFuture(Page.text(status, line));
    }

    /** Our own defect. */
    static Page failed(@Nullable Throwable failure) {
        LOG.error("a page could not be made", failure);
        return Page.text(HttpResponseStatus.INTERNAL_SERVER_ERROR, "this page could not be made; the log says why");
    }
}
