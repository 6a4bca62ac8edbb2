package dev.spillway.server.http;

import dev.spillway.core.pool.Durations;
import dev.spillway.core.pool.ErrorCounts;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.pool.Totals;
import dev.spillway.core.stats.Incident;
import dev.spillway.core.stats.Overview;
import dev.spillway.core.stats.PinFigures;
import dev.spillway.core.stats.PoolFigures;
import dev.spillway.server.json.Json;
import java.util.Map;

/** All of it as JSON; {@code docs/status.md} says what each member means. Stateless. */
final class StatusPage {
    /** Counts up when a member changes its meaning or goes. */
    static final int FORMAT = 1;

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MICROS_PER_SECOND = 1e6;
    private static final double MILLIS_PER_SECOND = 1e3;

    private StatusPage() {}

    static String write(Facts facts) {
        Json json = new Json().object();
        ProcessFigures process = facts.process();
        json.put("format", FORMAT)
                .put("version", facts.version())
                .put("time", process.nowMillis() / MILLIS_PER_SECOND)
                .put("uptime", (process.nowMillis() - process.startedMillis()) / MILLIS_PER_SECOND)
                .put("draining", facts.isDraining())
                .put("paused", facts.orders().isPaused())
                .put("suspended", facts.orders().isSuspended());
        clients(json, facts);
        json.array("pools");
        facts.overview().pools().forEach(pool -> pool(json, pool));
        json.endArray().array("hosts");
        facts.hosts().forEach(host -> host(json, host, facts));
        json.endArray().array("databases");
        facts.databases().forEach(database -> database(json, database, facts));
        json.endArray().array("pins");
        facts.overview().pins().forEach(pin -> pin(json, pin));
        json.endArray().object("pins_total");
        facts.overview().incidents().pins().forEach(json::put);
        json.endObject().array("incidents");
        facts.overview().incidents().recent().forEach(incident -> incident(json, incident));
        json.endArray().array("lanes");
        facts.overview()
                .lanes()
                .forEach(lane -> json.object()
                        .put("lane", lane.number())
                        .put("busy_seconds", lane.busyNanos() / NANOS_PER_SECOND)
                        .put("clients", lane.clients())
                        .endObject());
        json.endArray();
        memory(json, process);
        return json.endObject().toString();
    }

    private static void clients(Json json, Facts facts) {
        json.object("clients")
                .put("connected", facts.connected())
                .put("logging_in", facts.overview().logins())
                .put("limit", facts.config().maxClientConn())
                .put("console", facts.overview().consoles())
                .put("cancel_requests", facts.overview().cancelRequests())
                .put("cancels_sent", facts.overview().cancels())
                .endObject();
    }

    private static void pool(Json json, Overview.PoolState pool) {
        PoolFigures figures = pool.figures();
        PoolFigures.Clients clients = figures.clients();
        PoolFigures.Servers servers = figures.servers();
        json.object()
                .put("database", figures.database())
                .put("user", figures.user())
                .put("pool_mode", figures.mode().spelling())
                .put("size", pool.size())
                .put("reserve", pool.reserve())
                .put("down", pool.isDown())
                .put("problem", Facts.reason(pool))
                .put("oldest_wait", figures.oldestWaitNanos() / NANOS_PER_SECOND);
        json.object("clients")
                .put("active", clients.active())
                .put("waiting", clients.waiting())
                .put("cancelling", clients.cancelling())
                .put("cancel_waiting", clients.cancelWaiting())
                .endObject();
        json.object("servers")
                .put("active", servers.active())
                .put("idle", servers.idle())
                .put("used", servers.used())
                .put("tested", servers.tested())
                .put("being_canceled", servers.beingCanceled())
                .put("login", servers.login())
                .put("pinned", pool.pinned())
                .put("cancels", servers.cancels())
                .endObject();
        json.endObject();
    }

    private static void host(Json json, HostFigures host, Facts facts) {
        json.object();
        connections(json, host);
        json.put("waits", host.waits()).put("refusals", host.refusals()).put("needed", facts.needed(host.host()));
        json.put("fleet_members", host.fleetMembers())
                .put("fleet_budget", host.fleetBudget())
                .put("fleet_open", host.fleetOpen())
                .array("databases");
        facts.databasesAt(host.host()).forEach(json::add);
        json.endArray()
                .put("problem", host.problem().isEmpty() ? null : host.problem())
                .endObject();
    }

    /** Of one PostgreSQL, in two pages. */
    static void connections(Json json, HostFigures host) {
        json.put("host", host.host())
                .put("max_connections", host.maxConnections())
                .put("reserved", host.reserved())
                .put("others", host.others())
                .put("others_peak", host.othersPeak())
                .put("budget", host.budget())
                .put("refused_at", host.ceiling() == Integer.MAX_VALUE ? 0 : host.ceiling())
                .put("ours", host.ours())
                .put("opening", host.opening())
                .put("peak", host.peak());
    }

    private static void database(Json json, String name, Facts facts) {
        PoolCounters work = facts.overview().work().getOrDefault(name, new PoolCounters());
        json.object()
                .put("database", name)
                .put("paused", facts.orders().isPaused(name))
                .put("disabled", facts.orders().isDisabled(name))
                .put("problem", facts.whyDown(name));
        json.object("totals");
        totals(json, work.totals());
        json.put("connects", work.connectTimes.count())
                .put("connect_failures", work.connectFailures)
                .put("asks", work.asks)
                .put("cleans", work.cleans)
                .put("restores", work.restores)
                .endObject();
        json.object("recent").put("seconds", facts.overview().windowNanos() / NANOS_PER_SECOND);
        totals(json, work.recent());
        json.endObject().object("times");
        times(json, "wait", work.assignmentTimes());
        times(json, "transaction", work.transactionTimes);
        times(json, "query", work.queryTimes);
        times(json, "login", work.loginTimes);
        times(json, "connect", work.connectTimes);
        json.endObject();
        errors(json, "errors", facts.overview().incidents().errors().getOrDefault(name, new ErrorCounts()));
        errors(json, "server_errors", work.errors);
        json.endObject();
    }

    private static void totals(Json json, Totals totals) {
        json.put("transactions", totals.transactions())
                .put("queries", totals.queries())
                .put("assignments", totals.assignments())
                .put("waits", totals.waits())
                .put("logins", totals.clientLogins())
                .put("received_bytes", totals.received())
                .put("sent_bytes", totals.sent())
                .put("wait_seconds", totals.waitMicros() / MICROS_PER_SECOND)
                .put("transaction_seconds", totals.transactionMicros() / MICROS_PER_SECOND)
                .put("query_seconds", totals.queryMicros() / MICROS_PER_SECOND);
    }

    /** Only the buckets that are not empty. */
    private static void times(Json json, String name, Durations times) {
        json.object(name)
                .put("p50", times.quantileSeconds(0.5))
                .put("p99", times.quantileSeconds(0.99))
                .array("end_micros");
        for (int i = 0; i < Durations.BUCKETS; i++) {
            if (times.count(i) > 0) {
                json.add(i == Durations.BUCKETS - 1 ? -1 : Durations.endMicros(i));
            }
        }
        json.endArray().array("counts");
        for (int i = 0; i < Durations.BUCKETS; i++) {
            if (times.count(i) > 0) {
                json.add(times.count(i));
            }
        }
        json.endArray().endObject();
    }

    private static void errors(Json json, String name, ErrorCounts counts) {
        json.object(name);
        for (Map.Entry<String, Long> each : counts.byClass().entrySet()) {
            json.put(each.getKey(), each.getValue());
        }
        json.endObject();
    }

    private static void pin(Json json, PinFigures pin) {
        json.object()
                .put("database", pin.database())
                .put("user", pin.user())
                .put("server_pid", pin.processId())
                .put("client", pin.clientId())
                .put("application_name", pin.clientName())
                .put("reason", pin.reason())
                .put("age", pin.ageNanos() / NANOS_PER_SECOND)
                .endObject();
    }

    private static void incident(Json json, Incident incident) {
        json.object()
                .put("sqlstate", incident.sqlstate())
                .put("database", incident.database())
                .put("user", incident.user())
                .put("text", incident.text())
                .put("count", incident.count())
                .put("first", incident.firstMillis() / MILLIS_PER_SECOND)
                .put("last", incident.lastMillis() / MILLIS_PER_SECOND)
                .endObject();
    }

    private static void memory(Json json, ProcessFigures process) {
        json.object("memory")
                .put("resident_bytes", process.residentBytes())
                .put("heap_bytes", process.heap().getUsed())
                .put("heap_limit_bytes", process.heap().getMax())
                .put("buffers_used_bytes", process.usedBufferBytes())
                .put("buffers_bytes", process.bufferBytes());
        long runs = 0;
        long millis = 0;
        for (ProcessFigures.Collector collector : process.collectors()) {
            runs += collector.runs();
            millis += collector.millis();
        }
        json.put("collections", runs)
                .put("collection_seconds", millis / MILLIS_PER_SECOND)
                .endObject();
    }
}
