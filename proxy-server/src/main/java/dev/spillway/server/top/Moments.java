package dev.spillway.server.top;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** The last moments of a Spillway, and what it has done between them. One thread uses it at a time. */
final class Moments {
    /** Long enough for a slowest percent that means something, short enough to be now. */
    private static final double WINDOW_SECONDS = 10;

    private final Deque<Status> kept = new ArrayDeque<>();

    /**
     * What was done in the last seconds.
     *
     * @param seconds how many; 0 if nothing is known yet
     */
    record Work(
            double seconds,
            double transactionsPerSecond,
            double waitsPerSecond,
            Buckets waitTimes,
            Buckets transactionTimes) {
        static final Work UNKNOWN = new Work(0, 0, 0, Buckets.NONE, Buckets.NONE);

        boolean isKnown() {
            return seconds > 0;
        }

        Work plus(Work other) {
            return new Work(
                    Math.max(seconds, other.seconds),
                    transactionsPerSecond + other.transactionsPerSecond,
                    waitsPerSecond + other.waitsPerSecond,
                    waitTimes.plus(other.waitTimes),
                    transactionTimes.plus(other.transactionTimes));
        }
    }

    /** Where it has been started anew, or its clock was set back, what was before means nothing. */
    void add(Status now) {
        if (!kept.isEmpty()
                && (kept.getLast().time() >= now.time() || kept.getLast().uptime() > now.uptime())) {
            kept.clear();
        }
        kept.addLast(now);
        // The first but one may be the oldest that is needed: the window then is a little longer, never too short.
        while (kept.size() > 2 && now.time() - second().time() >= WINDOW_SECONDS) {
            kept.removeFirst();
        }
    }

    private Status second() {
        return kept.stream().skip(1).findFirst().orElseThrow();
    }

    /** The last one. Only after there was one. */
    Status now() {
        return kept.getLast();
    }

    /** Of one database. */
    Work of(String database) {
        Optional<Status.Database> now = now().database(database);
        double seconds = now().time() - kept.getFirst().time();
        if (seconds <= 0 || now.isEmpty()) {
            return Work.UNKNOWN;
        }
        Status.Database to = now.get();
        Optional<Status.Database> from = kept.getFirst().database(database);
        long transactions = from.map(Status.Database::transactions).orElse(0L);
        long waits = from.map(Status.Database::waits).orElse(0L);
        return new Work(
                seconds,
                Math.max(0, to.transactions() - transactions) / seconds,
                Math.max(0, to.waits() - waits) / seconds,
                to.waitTimes().since(from.map(Status.Database::waitTimes).orElse(Buckets.NONE)),
                to.transactionTimes()
                        .since(from.map(Status.Database::transactionTimes).orElse(Buckets.NONE)));
    }

    /** Of all databases. */
    Work all() {
        return now().databases().stream().map(each -> of(each.name())).reduce(Work.UNKNOWN, Work::plus);
    }
}
