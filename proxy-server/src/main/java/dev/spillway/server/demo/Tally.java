package dev.spillway.server.demo;

import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.ConcurrentHistogram;

/** What a crowd of clients saw: transaction times, and errors by SQLSTATE. Written and read by any thread. */
final class Tally {
    /** Errors of one SQLSTATE, in the words of the first. */
    record Errors(int count, String words) {}

    private static final int DIGITS = 3;

    private final ConcurrentHistogram micros = new ConcurrentHistogram(DIGITS);
    private final Map<String, Errors> errors = new TreeMap<>();

    void committed(long nanos) {
        micros.recordValue(TimeUnit.NANOSECONDS.toMicros(nanos));
    }

    void failed(SQLException error) {
        String state = Objects.requireNonNullElse(error.getSQLState(), "no SQLSTATE");
        synchronized (errors) {
            errors.merge(
                    state,
                    new Errors(1, DemoFailure.reason(error)),
                    (known, one) -> new Errors(known.count + one.count, known.words));
        }
    }

    /** Committed transactions. */
    long transactions() {
        return micros.getTotalCount();
    }

    /** Time of a transaction that {@code percent} of them did not exceed, 0 if there was none. */
    long percentileMicros(double percent) {
        return micros.getValueAtPercentile(percent);
    }

    /** By SQLSTATE; a copy. */
    Map<String, Errors> errors() {
        synchronized (errors) {
            return new TreeMap<>(errors);
        }
    }
}
