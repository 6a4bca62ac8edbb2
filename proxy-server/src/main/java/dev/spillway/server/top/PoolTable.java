package dev.spillway.server.top;

import dev.spillway.server.top.Line.Look;
import dev.spillway.server.top.Moments.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The pools, a row for each: their names as wide as there is room for, and nine columns of numbers. What a key sorts by has
 * that letter in capitals.
 */
final class PoolTable {
    /** All but the two names: the columns below, each with a blank before it. */
    private static final int NUMBERS = 60;

    private static final double ALARMING_SECONDS = 1;

    /**
     * One pool.
     *
     * @param work that of its database: nobody counts it by pool
     */
    record Row(Status.Pool pool, Work work) {
        static List<Row> all(Moments moments) {
            return moments.now().pools().stream()
                    .map(pool -> new Row(pool, moments.of(pool.database())))
                    .toList();
        }
    }

    private final List<Row> rows;
    private final Order order;
    private final int databaseWidth;
    private final int userWidth;

    PoolTable(List<Row> rows, Order order, int width) {
        this.rows = rows.stream().sorted(order.comparator()).toList();
        this.order = order;
        int room = width - NUMBERS - 1;
        int user = longest("User", rows.stream().map(row -> row.pool().user()));
        int database = longest("Database", rows.stream().map(row -> row.pool().database()));
        if (database + user <= room) {
            userWidth = user;
        } else {
            userWidth = Math.min(user, Math.max(room - database, room * 2 / 5));
        }
        databaseWidth = room - userWidth;
    }

    private static int longest(String title, Stream<String> names) {
        // One more than the title: the mark of what is sorted by.
        return Stream.concat(Stream.of("*" + title), names)
                .mapToInt(Words::columns)
                .max()
                .orElse(0);
    }

    /** Two lines of titles, then at most {@code limit} lines of pools, the last of which tells of those that are left out. */
    List<Line> lines(int limit) {
        List<Line> lines = new ArrayList<>();
        lines.add(new Line(names("", "") + "   -- clients --     servers       -- wait --   transact'n", Look.TITLE));
        lines.add(titles());
        if (rows.isEmpty()) {
            lines.add(new Line("No pools: no client has come yet.", Look.FAINT));
        }
        int shown = rows.size() <= limit ? rows.size() : limit - 1;
        for (int i = 0; i < shown; i++) {
            boolean isRepeated = i > 0 && isOfSameDatabase(rows.get(i - 1), rows.get(i));
            lines.add(line(rows.get(i), isRepeated));
        }
        if (shown < rows.size()) {
            lines.add(new Line("... and " + Words.many(rows.size() - shown, "more pool", "more pools"), Look.FAINT));
        }
        return lines;
    }

    int size() {
        return Math.max(1, rows.size());
    }

    private static boolean isOfSameDatabase(Row one, Row other) {
        return one.pool().database().equals(other.pool().database());
    }

    private Line titles() {
        String text = names(title("Database", Order.DATABASE), title("User", Order.USER))
                + numbers(
                        title("Cl", Order.CLIENTS),
                        title("Wait", Order.WAITING),
                        title("Old", Order.OLDEST),
                        title("Srv+idl/of", Order.SERVERS),
                        title("Tps", Order.TRANSACTIONS),
                        "p50",
                        title("P99", Order.WAIT_TIME),
                        "p50",
                        title("X99", Order.TRANSACTION_TIME));
        return new Line(text, Look.TITLE);
    }

    private String title(String text, Order by) {
        return by == order ? "*" + text : text;
    }

    private Line line(Row row, boolean isRepeated) {
        Status.Pool pool = row.pool();
        Work work = row.work();
        String text = names(pool.database(), pool.user())
                + numbers(
                        Words.count(pool.allClients()),
                        Words.count(pool.waiting()),
                        pool.waiting() > 0 ? Words.time(pool.oldestWait()) : "-",
                        pool.busy() + "+" + pool.idle() + "/" + pool.size(),
                        figure(work.isKnown(), isRepeated, () -> Words.count(work.transactionsPerSecond())),
                        quantile(work.waitTimes(), 0.5, isRepeated),
                        quantile(work.waitTimes(), 0.99, isRepeated),
                        quantile(work.transactionTimes(), 0.5, isRepeated),
                        quantile(work.transactionTimes(), 0.99, isRepeated));
        return new Line(text, look(pool));
    }

    private static Look look(Status.Pool pool) {
        if (pool.isDown() || pool.oldestWait() >= ALARMING_SECONDS) {
            return Look.BAD;
        }
        return pool.waiting() > 0 ? Look.DOUBTFUL : Look.PLAIN;
    }

    private static String quantile(Buckets buckets, double part, boolean isRepeated) {
        return figure(!buckets.isEmpty(), isRepeated, () -> Words.time(buckets.quantileSeconds(part)));
    }

    /** What the row above has said already is not said twice, or somebody would add it up. */
    private static String figure(boolean isKnown, boolean isRepeated, Supplier<String> text) {
        if (!isKnown) {
            return "-";
        }
        return isRepeated ? "\"" : text.get();
    }

    private String names(String database, String user) {
        return Words.fit(database, databaseWidth) + " " + Words.fit(user, userWidth);
    }

    private static String numbers(String... columns) {
        int[] widths = {5, 5, 5, 11, 5, 5, 5, 5, 5};
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            text.append(' ').append(Words.right(columns[i], widths[i]));
        }
        return text.toString();
    }
}
