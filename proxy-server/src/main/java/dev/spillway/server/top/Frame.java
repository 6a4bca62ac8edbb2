package dev.spillway.server.top;

import dev.spillway.server.top.Line.Look;
import dev.spillway.server.top.Moments.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * All that is shown at once, from top to bottom: who is asked, totals, what is wrong, pools, the capacity of each PostgreSQL, kept
 * servers, errors. Where there are more lines than {@code height}, pools get most of them. Immutable.
 *
 * @param of the address that is asked
 * @param trouble why there is nothing newer; empty if there is
 * @param width columns of the terminal, at least 80
 * @param height lines of the terminal; as many as there are, if it is 0
 */
record Frame(Moments moments, String of, String trouble, Order order, int width, int height) {
    static final int LEAST_WIDTH = 80;

    private static final int MOST_FINDINGS = 6;
    /** Of capacity, kept servers and errors, where there is no room for all, with the title. */
    private static final int LEAST_OF_PART = 3;

    /** Lines that one finding or error may have. */
    private static final int MOST_OF_TEXT = 3;

    private static final int LEAST_POOLS = 4;
    private static final int TABLE_TITLES = 2;

    List<Line> lines() {
        Status now = moments.now();
        List<Line> lines = new ArrayList<>(head(now));
        if (!trouble.isEmpty()) {
            lines.add(new Line("OLD FIGURES: " + of + " " + trouble, Look.BAD));
        }
        lines.addAll(some(wrapped(Findings.of(now)), MOST_FINDINGS, "more lines"));
        PoolTable table = new PoolTable(PoolTable.Row.all(moments), order, width);
        List<List<Line>> parts = Stream.of(capacity(now), kept(now), wrapped(errors(now)))
                .filter(part -> !part.isEmpty())
                .toList();
        if (height == 0) {
            lines.addAll(table.lines(Integer.MAX_VALUE));
            parts.forEach(lines::addAll);
        } else {
            fill(lines, table, parts);
        }
        return lines.stream()
                .map(line -> new Line(Words.cut(line.text(), width), line.look()))
                .toList();
    }

    private List<Line> wrapped(List<Line> lines) {
        return lines.stream()
                .flatMap(line ->
                        Words.wrap(line.text(), width, MOST_OF_TEXT).stream().map(text -> new Line(text, line.look())))
                .toList();
    }

    /** What a part does not need the pools get; what they do not need the last part gets, which are errors. */
    private void fill(List<Line> lines, PoolTable table, List<List<Line>> parts) {
        int room = height - 1 - lines.size() - TABLE_TITLES;
        int least = parts.stream()
                .mapToInt(part -> Math.min(part.size(), LEAST_OF_PART))
                .sum();
        int pools = Math.min(table.size(), Math.max(LEAST_POOLS, room - least));
        lines.addAll(table.lines(pools));
        int spare = room - pools - least;
        for (List<Line> part : parts) {
            int more = Math.max(0, Math.min(spare, part.size() - LEAST_OF_PART));
            spare -= more;
            lines.addAll(some(part, LEAST_OF_PART + more, "more"));
        }
        while (lines.size() > height - 1) {
            lines.removeLast();
        }
        while (lines.size() < height - 1) {
            lines.add(new Line("", Look.PLAIN));
        }
        lines.add(new Line("Sort: the capital letters of the titles, now by *.   q: quit", Look.FAINT));
    }

    private static List<Line> some(List<Line> lines, int limit, String what) {
        if (lines.size() <= limit) {
            return lines;
        }
        List<Line> some = new ArrayList<>(lines.subList(0, limit - 1));
        int rest = lines.size() - limit + 1;
        some.add(new Line("... and " + rest + " " + what, Look.FAINT));
        return some;
    }

    private List<Line> head(Status now) {
        Status.Clients clients = now.clients();
        long waiting = now.pools().stream().mapToLong(Status.Pool::waiting).sum();
        long busy = now.pools().stream().mapToLong(Status.Pool::busy).sum();
        long idle = now.pools().stream().mapToLong(Status.Pool::idle).sum();
        long size = now.pools().stream().mapToLong(Status.Pool::size).sum();
        long opening = now.pools().stream().mapToLong(Status.Pool::opening).sum();
        long working = now.pools().stream()
                .mapToLong(pool -> Math.min(pool.clients(), pool.busy()))
                .sum();
        long resting = Math.max(0, clients.connected() - clients.loggingIn() - waiting - working);
        return List.of(
                new Line("Spillway " + now.version() + " at " + of + ", up " + Words.time(now.uptime()), Look.TITLE),
                new Line(
                        "Clients  " + clients.connected() + " of " + clients.limit() + ": " + working + " active, "
                                + waiting + " waiting, " + resting + " idle"
                                + (clients.loggingIn() > 0 ? ", " + clients.loggingIn() + " logging in" : ""),
                        Look.PLAIN),
                new Line(
                        "Servers  " + (busy + idle) + " of " + size + ": " + busy + " in use"
                                + (now.pins().isEmpty() ? "" : " (" + now.pins().size() + " kept)") + ", " + idle
                                + " idle" + (opening > 0 ? ", " + opening + " being opened" : ""),
                        Look.PLAIN),
                new Line("Work     " + work(moments.all()), Look.PLAIN));
    }

    private static String work(Work work) {
        if (!work.isKnown()) {
            return "is known in a moment";
        }
        String text = Words.count(work.transactionsPerSecond()) + " transactions/s, "
                + Words.count(work.waitsPerSecond()) + " waits/s";
        if (!work.waitTimes().isEmpty()) {
            text += "; p99: wait " + Words.time(work.waitTimes().quantileSeconds(0.99));
        }
        if (!work.transactionTimes().isEmpty()) {
            text += ", transaction " + Words.time(work.transactionTimes().quantileSeconds(0.99));
        }
        return text;
    }

    private static List<Line> capacity(Status now) {
        List<Line> lines = new ArrayList<>();
        for (Status.Host host : now.hosts()) {
            lines.add(new Line(host.name() + "  " + connections(host), Look.PLAIN));
        }
        return titled("Capacity of each PostgreSQL", lines);
    }

    private static String connections(Status.Host host) {
        if (host.budget() == 0 || host.maxConnections() == 0) {
            return host.ours() + " ours; how many there may be is not known";
        }
        return host.ours() + " ours of " + host.budget() + ", "
                + (host.others() < 0 ? "others unknown" : host.others() + " others") + ", " + host.reserved()
                + " reserved, " + host.maxConnections() + " in all"
                + (host.fleetMembers() > 1
                        ? "; fleet of " + host.fleetMembers() + " shares " + host.fleetBudget()
                        : "");
    }

    private static List<Line> kept(Status now) {
        return titled(
                "Servers kept for one client",
                now.pins().stream()
                        .map(pin -> new Line(
                                Words.fit(Words.time(pin.age()), 6) + pin.database() + " as " + pin.user() + ": "
                                        + pin.reason()
                                        + (pin.application().isEmpty() ? "" : " (" + pin.application() + ")"),
                                Look.PLAIN))
                        .toList());
    }

    private static List<Line> errors(Status now) {
        return titled(
                "Errors, the latest first",
                now.incidents().stream()
                        .map(incident -> new Line(
                                Words.fit(Words.time(Math.max(1, now.time() - incident.last())), 6) + "ago  "
                                        + (incident.count() > 1 ? Words.count(incident.count()) + "x " : "")
                                        + incident.sqlstate() + " "
                                        + (incident.database().isEmpty() ? "" : incident.database() + ": ")
                                        + incident.text(),
                                Look.PLAIN))
                        .toList());
    }

    private static List<Line> titled(String title, List<Line> lines) {
        return lines.isEmpty()
                ? List.of()
                : Stream.concat(Stream.of(new Line(title + " (" + lines.size() + ")", Look.TITLE)), lines.stream())
                        .toList();
    }
}
