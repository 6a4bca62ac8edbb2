package dev.spillway.server.http;

import static dev.spillway.server.http.Metric.counter;
import static dev.spillway.server.http.Metric.gauge;
import static dev.spillway.server.http.Metric.histogram;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.Durations;
import dev.spillway.core.pool.ErrorCounts;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.stats.Overview;
import dev.spillway.core.stats.PoolFigures;
import dev.spillway.server.http.Metric.Points;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * What Prometheus is told: the one list of all metrics, which {@code docs/metrics.md} repeats. Stateless.
 *
 * <p>Labels have as many values as the configuration has databases and users: others, which clients may name where {@code *} is
 * configured, are together under {@code *}.
 */
final class Metrics {
    private static final String POOL = "database user";
    private static final String DATABASE = "database";
    private static final String HOST = "host";
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MILLIS_PER_SECOND = 1e3;
    /** Connections that failed, that there was no room for, and that were ended. */
    private static final List<String> ALARMING = List.of("08", "53", "57");
    /** Of whoever has not said what it wants. */
    private static final String NO_DATABASE = "";

    private static final List<Metric> POOLS = List.of(
            gauge("spillway_clients", "database user state", "Clients that are logged in.", Metrics::clients),
            gauge("spillway_servers", "database user state", "Server connections.", Metrics::servers),
            gauge(
                    "spillway_pool_size",
                    POOL,
                    "Server connections that the pool may have.",
                    (facts, points) -> eachPool(facts, points, Overview.PoolState::size)),
            gauge(
                    "spillway_pool_reserve",
                    POOL,
                    "More of them for clients that wait long.",
                    (facts, points) -> eachPool(facts, points, Overview.PoolState::reserve)),
            gauge(
                    "spillway_pinned_servers",
                    POOL,
                    "Server connections kept beyond a transaction.",
                    (facts, points) -> eachPool(facts, points, Overview.PoolState::pinned)),
            gauge(
                    "spillway_oldest_wait_seconds",
                    POOL,
                    "How long the client has waited that waits longest.",
                    (facts, points) ->
                            worstPool(facts, points, pool -> pool.figures().oldestWaitNanos() / NANOS_PER_SECOND)),
            gauge(
                    "spillway_pool_down",
                    POOL,
                    "1: it has no server, and the last could not be opened. Not of a database that PostgreSQL has not"
                            + " and only clients have named (`*`).",
                    (facts, points) -> worstPool(facts, points, pool -> pool.isDown() ? 1 : 0)),
            gauge(
                    "spillway_database_paused",
                    DATABASE,
                    "1: an operator has paused it.",
                    (facts, points) -> eachDatabase(
                            facts, points, database -> facts.orders().isPaused(database))),
            gauge(
                    "spillway_database_disabled",
                    DATABASE,
                    "1: an operator lets no new client in.",
                    (facts, points) -> eachDatabase(
                            facts, points, database -> facts.orders().isDisabled(database))));

    private static final List<Metric> HOSTS = List.of(
            gauge(
                    "spillway_host_servers",
                    HOST,
                    "Server connections to one PostgreSQL, over all pools.",
                    (facts, points) -> facts.hosts().forEach(host -> points.add(host.ours(), host.host()))),
            gauge(
                    "spillway_host_budget",
                    HOST,
                    "How many of them there may be; 0 while nobody knows.",
                    (facts, points) -> facts.hosts().forEach(host -> points.add(host.budget(), host.host()))),
            gauge(
                    "spillway_host_others",
                    HOST,
                    "Connections of others to it, the most in the last minute; -1 where it does not tell.",
                    (facts, points) -> facts.hosts().forEach(host -> points.add(host.othersPeak(), host.host()))),
            counter(
                    "spillway_host_waits",
                    HOST,
                    "Times a pool with waiting clients found all that there may be in use.",
                    (facts, points) -> facts.hosts().forEach(host -> points.add(host.waits(), host.host()))),
            counter(
                    "spillway_host_refusals",
                    HOST,
                    "Connections that PostgreSQL refused since there were too many.",
                    (facts, points) -> facts.hosts().forEach(host -> points.add(host.refusals(), host.host()))));

    private static final List<Metric> WORK = List.of(
            work("spillway_transactions", "Transactions that have ended.", work -> work.transactions),
            work("spillway_queries", "Statements that were answered.", work -> work.queries),
            work("spillway_server_assignments", "Times a client was given a server.", work -> work.assignments),
            work("spillway_waits", "Times a client had to wait for one.", work -> work.waits),
            work("spillway_client_logins", "Clients that have logged in.", work -> work.clientLogins),
            work("spillway_received_bytes", "Bytes from clients.", work -> work.bytesReceived),
            work("spillway_sent_bytes", "Bytes to clients.", work -> work.bytesSent),
            work("spillway_server_connects", "Servers that were opened.", work -> work.connectTimes.count()),
            work("spillway_server_connect_failures", "Servers that could not be opened.", work -> work.connectFailures),
            work("spillway_state_asks", "Questions about what a session has made.", work -> work.asks),
            work("spillway_state_cleans", "Clean-ups of servers after a client.", work -> work.cleans),
            work("spillway_state_restores", "Times a client's settings were put into force.", work -> work.restores),
            counter(
                    "spillway_server_errors",
                    "database class",
                    "Errors of PostgreSQL that clients were told, by class of SQLSTATE.",
                    Metrics::serverErrors),
            counter(
                    "spillway_errors",
                    "database class",
                    "Errors of Spillway that clients were told, by class of SQLSTATE.",
                    Metrics::errors),
            counter(
                    "spillway_pins",
                    "reason",
                    "Times a client came to keep its server beyond a transaction.",
                    (facts, points) ->
                            facts.overview().incidents().pins().forEach((reason, count) -> points.add(count, reason))),
            counter(
                    "spillway_cancel_requests",
                    "",
                    "Cancel requests of clients.",
                    (facts, points) -> points.add(facts.overview().cancelRequests())),
            counter(
                    "spillway_cancels_sent",
                    "",
                    "Cancel requests to servers, also for clients that have left.",
                    (facts, points) -> points.add(facts.overview().cancels())));

    private static final List<Metric> TIMES = List.of(
            times(
                    "spillway_server_wait_seconds",
                    "How long clients waited for a server, also those that did not have to.",
                    PoolCounters::assignmentTimes,
                    work -> work.waitNanos),
            times(
                    "spillway_transaction_seconds",
                    "How long transactions took, from the server on.",
                    work -> work.transactionTimes,
                    work -> work.transactionNanos),
            times(
                    "spillway_query_seconds",
                    "How long statements took.",
                    work -> work.queryTimes,
                    work -> work.queryNanos),
            times(
                    "spillway_client_login_seconds",
                    "How long clients took to be logged in.",
                    work -> work.loginTimes,
                    work -> work.loginNanos),
            times(
                    "spillway_server_connect_seconds",
                    "How long it took to open servers.",
                    work -> work.connectTimes,
                    work -> work.connectNanos));

    private static final List<Metric> PROCESS = List.of(
            gauge("spillway_info", "version", "Always 1.", (facts, points) -> points.add(1, facts.version())),
            gauge(
                    "spillway_draining",
                    "",
                    "1: it is ending.",
                    (facts, points) -> points.add(facts.isDraining() ? 1 : 0)),
            gauge(
                    "spillway_connected_clients",
                    "",
                    "Client connections, logged in or not.",
                    (facts, points) -> points.add(facts.connected())),
            gauge(
                    "spillway_client_limit",
                    "",
                    "How many of them there may be.",
                    (facts, points) -> points.add(facts.config().maxClientConn())),
            gauge(
                    "spillway_login_clients",
                    "",
                    "Those of them that are not logged in yet.",
                    (facts, points) -> points.add(facts.overview().logins())),
            gauge(
                    "spillway_console_clients",
                    "",
                    "Clients of the console.",
                    (facts, points) -> points.add(facts.overview().consoles())),
            counter(
                    "spillway_lane_busy_seconds",
                    "lane",
                    "Processor time that the event loop has used; one core is 1 per second.",
                    (facts, points) -> facts.overview()
                            .lanes()
                            .forEach(lane ->
                                    points.add(lane.busyNanos() / NANOS_PER_SECOND, Integer.toString(lane.number())))),
            gauge(
                    "spillway_lane_clients",
                    "lane",
                    "Clients on the event loop.",
                    (facts, points) -> facts.overview()
                            .lanes()
                            .forEach(lane -> points.add(lane.clients(), Integer.toString(lane.number())))),
            gauge(
                    "spillway_buffers_used_bytes",
                    "",
                    "Memory outside of the heap that buffers are in.",
                    (facts, points) -> points.add(facts.process().usedBufferBytes())),
            gauge(
                    "spillway_buffers_bytes",
                    "",
                    "Memory outside of the heap that is kept for them.",
                    (facts, points) -> points.add(facts.process().bufferBytes())),
            gauge(
                    "process_resident_memory_bytes",
                    "",
                    "Memory of the process, as the system sees it.",
                    (facts, points) -> points.add(facts.process().residentBytes())),
            gauge(
                    "process_start_time_seconds",
                    "",
                    "When the process began, since 1970.",
                    (facts, points) -> points.add(facts.process().startedMillis() / MILLIS_PER_SECOND)),
            gauge("jvm_memory_used_bytes", "area", "Memory of the JVM that is in use.", (facts, points) -> {
                points.add(facts.process().heap().getUsed(), "heap");
                points.add(facts.process().nonHeap().getUsed(), "nonheap");
            }),
            gauge(
                    "jvm_memory_committed_bytes",
                    "area",
                    "Memory of the JVM that it has from the system.",
                    (facts, points) -> {
                        points.add(facts.process().heap().getCommitted(), "heap");
                        points.add(facts.process().nonHeap().getCommitted(), "nonheap");
                    }),
            counter(
                    "spillway_gc_runs",
                    "collector",
                    "Collections of garbage.",
                    (facts, points) ->
                            facts.process().collectors().forEach(each -> points.add(each.runs(), each.name()))),
            counter(
                    "spillway_gc_pause_seconds",
                    "collector",
                    "Time they took.",
                    (facts, points) -> facts.process()
                            .collectors()
                            .forEach(each -> points.add(each.millis() / MILLIS_PER_SECOND, each.name()))));

    /** All of them, in the order of the documentation. */
    static final List<Metric> ALL = List.of(POOLS, HOSTS, WORK, TIMES, PROCESS).stream()
            .flatMap(List::stream)
            .toList();

    private Metrics() {}

    // ---- how they are read -----------------------------------------------------------------------------------------

    private static String label(Facts facts, String database) {
        return database.equals(NO_DATABASE) || facts.config().databases().containsKey(database)
                ? database
                : ProxyConfig.FALLBACK;
    }

    /** Of a pool's user. Who is in neither a file nor the configuration was looked up, or named by a client that may. */
    private static String userLabel(Facts facts, PoolFigures pool) {
        DatabaseConfig database = facts.config().database(pool.database());
        boolean isConfigured = facts.config().users().containsKey(pool.user())
                || (database != null && Objects.equals(database.user(), pool.user()));
        return isConfigured || facts.overview().users().contains(pool.user()) ? pool.user() : ProxyConfig.FALLBACK;
    }

    private static void clients(Facts facts, Points points) {
        for (Overview.PoolState pool : facts.overview().pools()) {
            String database = label(facts, pool.figures().database());
            String user = userLabel(facts, pool.figures());
            PoolFigures.Clients clients = pool.figures().clients();
            points.add(clients.active(), database, user, "active");
            points.add(clients.waiting(), database, user, "waiting");
            points.add(clients.cancelling(), database, user, "active_cancel_req");
            points.add(clients.cancelWaiting(), database, user, "waiting_cancel_req");
        }
    }

    private static void servers(Facts facts, Points points) {
        for (Overview.PoolState pool : facts.overview().pools()) {
            String database = label(facts, pool.figures().database());
            String user = userLabel(facts, pool.figures());
            PoolFigures.Servers servers = pool.figures().servers();
            points.add(servers.active(), database, user, "active");
            points.add(servers.cancels(), database, user, "active_cancel");
            points.add(servers.beingCanceled(), database, user, "being_canceled");
            points.add(servers.idle(), database, user, "idle");
            points.add(servers.used(), database, user, "used");
            points.add(servers.tested(), database, user, "tested");
            points.add(servers.login(), database, user, "login");
        }
    }

    private static void eachPool(Facts facts, Points points, ToDoubleFunction<Overview.PoolState> value) {
        for (Overview.PoolState pool : facts.overview().pools()) {
            points.add(
                    value.applyAsDouble(pool),
                    label(facts, pool.figures().database()),
                    userLabel(facts, pool.figures()));
        }
    }

    private static void worstPool(Facts facts, Points points, ToDoubleFunction<Overview.PoolState> value) {
        for (Overview.PoolState pool : facts.overview().pools()) {
            points.max(
                    value.applyAsDouble(pool),
                    label(facts, pool.figures().database()),
                    userLabel(facts, pool.figures()));
        }
    }

    private interface Question {
        boolean ask(String database);
    }

    private static void eachDatabase(Facts facts, Points points, Question question) {
        for (String database : facts.databases()) {
            points.max(question.ask(database) ? 1 : 0, label(facts, database));
        }
    }

    private static Metric work(String name, String help, ToLongFunction<PoolCounters> value) {
        return counter(name, DATABASE, help, (facts, points) -> {
            facts.overview()
                    .work()
                    .forEach((database, work) -> points.add(value.applyAsLong(work), label(facts, database)));
            addForgotten(facts, work -> points.add(value.applyAsLong(work), ProxyConfig.FALLBACK));
        });
    }

    private interface Times {
        Durations of(PoolCounters work);
    }

    private static Metric times(String name, String help, Times times, ToLongFunction<PoolCounters> nanos) {
        return histogram(name, DATABASE, help, (facts, points) -> {
            facts.overview()
                    .work()
                    .forEach((database, work) -> points.add(
                            times.of(work), nanos.applyAsLong(work) / NANOS_PER_SECOND, label(facts, database)));
            addForgotten(
                    facts,
                    work -> points.add(
                            times.of(work), nanos.applyAsLong(work) / NANOS_PER_SECOND, ProxyConfig.FALLBACK));
        });
    }

    private interface Taker {
        void take(PoolCounters work);
    }

    /** Only where anybody may name databases is anything ever forgotten. */
    private static void addForgotten(Facts facts, Taker taker) {
        if (facts.config().databases().containsKey(ProxyConfig.FALLBACK)) {
            taker.take(facts.overview().forgotten());
        }
    }

    private static void serverErrors(Facts facts, Points points) {
        facts.overview().work().forEach((database, work) -> add(points, label(facts, database), work.errors));
        add(points, ProxyConfig.FALLBACK, facts.overview().forgotten().errors);
    }

    /** Those that alarms are about are there from the beginning: an increase from nothing to one is none to Prometheus. */
    private static void errors(Facts facts, Points points) {
        for (String database : facts.databases()) {
            ALARMING.forEach(head -> points.add(0L, label(facts, database), head));
        }
        facts.overview()
                .incidents()
                .errors()
                .forEach((database, counts) -> add(points, label(facts, database), counts));
    }

    private static void add(Points points, String database, ErrorCounts counts) {
        for (Map.Entry<String, Long> each : counts.byClass().entrySet()) {
            points.add(each.getValue(), database, each.getKey());
        }
    }

    // ---- how they are written --------------------------------------------------------------------------------------

    private static ExpositionFormatWriter writer(String accept) {
        OpenMetricsTextFormatWriter open = OpenMetricsTextFormatWriter.builder().build();
        return open.accepts(accept)
                ? open
                : PrometheusTextFormatWriter.builder().build();
    }

    /** The page for a client whose header Accept this is: OpenMetrics if it asks for that, else Prometheus' classic text. */
    static Page write(Facts facts, String accept) {
        ExpositionFormatWriter writer = writer(accept);
        MetricSnapshots all = new MetricSnapshots(
                ALL.stream().map(metric -> metric.read(facts)).toList());
        ByteArrayOutputStream out = new ByteArrayOutputStream(16_384);
        try {
            writer.write(out, all, EscapingScheme.UNDERSCORE_ESCAPING);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // into memory
        }
        return Page.ok(writer.getContentType(), out.toByteArray());
    }
}
