package dev.spillway.server.demo;

import static java.util.Locale.ROOT;

import dev.spillway.core.pool.Totals;
import java.util.ArrayList;
import java.util.List;

/** The demo's figures in words. Stateless. */
final class Report {
    private Report() {}

    /** What happened without Spillway. */
    static List<String> direct(DemoPlan plan, Tally tally) {
        List<String> lines = new ArrayList<>();
        int failed =
                tally.errors().values().stream().mapToInt(Tally.Errors::count).sum();
        lines.add("   %d had their transaction, %d got an error:".formatted(tally.transactions(), failed));
        tally.errors()
                .forEach((state, errors) ->
                        lines.add("   %4d x %s (SQLSTATE %s)".formatted(errors.count(), errors.words(), state)));
        if (tally.errors().isEmpty()) {
            lines.set(0, "   all %d had their transaction".formatted(plan.clients()));
        }
        return lines;
    }

    /** What happened with it, and whether that is what the demo promises. */
    static List<String> through(Figures figures) {
        List<String> lines = new ArrayList<>();
        lines.add(row("clients", Long.toString(figures.plan().clients())));
        lines.add(row("servers used", figures.servers() + " at most, as PostgreSQL counted them"));
        lines.add(row("transactions", Long.toString(figures.transactions())));
        int errors =
                figures.errors().values().stream().mapToInt(Tally.Errors::count).sum();
        lines.add(row("errors", Long.toString(errors)));
        figures.errors()
                .forEach((state, error) ->
                        lines.add("     %d x %s (SQLSTATE %s)".formatted(error.count(), error.words(), state)));
        lines.add(row(
                "transaction time",
                String.format(
                        ROOT,
                        "p50 %.1f ms, p99 %.1f ms, waiting included",
                        figures.p50Micros() / 1e3,
                        figures.p99Micros() / 1e3)));
        Totals pool = figures.pool();
        lines.add(row(
                "waits for a server",
                String.format(
                        ROOT,
                        "%d of %d, %.1f ms on average",
                        pool.waits(),
                        pool.assignments(),
                        pool.waits() == 0 ? 0 : pool.waitMicros() / 1e3 / pool.waits())));
        lines.add("");
        lines.add(verdict(figures));
        return lines;
    }

    private static String verdict(Figures figures) {
        if (figures.isAsPromised()) {
            return "%d of %d clients failed without Spillway, none with it."
                    .formatted(figures.refused(), figures.plan().clients());
        }
        return "This is not what the demo should show: %s."
                .formatted(
                        figures.refused() == 0
                                ? "no direct client was refused"
                                : figures.errors().isEmpty()
                                        ? "not every figure is as it should be"
                                        : "clients of Spillway had errors");
    }

    /** What to try while it is up. */
    static List<String> invitation(int port) {
        String psql = "   psql -h 127.0.0.1 -p %d -U %s ".formatted(port, EmbeddedServer.USER);
        return List.of(
                "Spillway is up on port %d. In another terminal, without a password:".formatted(port),
                psql + EmbeddedServer.DATABASE,
                psql + "spillway -c 'SHOW POOLS'");
    }

    private static String row(String name, String value) {
        return "   %-20s %s".formatted(name, value);
    }
}
