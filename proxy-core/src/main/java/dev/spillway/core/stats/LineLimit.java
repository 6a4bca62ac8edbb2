package dev.spillway.core.stats;

import java.util.HashMap;
import java.util.Map;

/**
 * Lets so many lines of the log through in a second for each cause, and counts the others. One per lane. Causes that somebody invents do
 * not pile up: beyond a thousand they are one.
 */
public final class LineLimit {
    static final int LINES_PER_SECOND = 10;
    private static final int MOST_CAUSES = 1000;
    private static final long MILLIS = 1000;

    /** What has been let through since when, and what has not since the last that was. */
    private static final class Passed {
        private long sinceMillis;
        private int lines;
        private long dropped;
    }

    private final Map<String, Passed> causes = new HashMap<>();

    /** How many of {@code cause} were dropped since the last that was not; -1: so is this one. */
    long pass(String cause, long nowMillis) {
        String known = causes.size() < MOST_CAUSES || causes.containsKey(cause) ? cause : "";
        Passed passed = causes.computeIfAbsent(known, any -> new Passed());
        if (Math.abs(nowMillis - passed.sinceMillis) >= MILLIS) {
            passed.sinceMillis = nowMillis;
            passed.lines = 0;
        }
        if (passed.lines == LINES_PER_SECOND) {
            passed.dropped++;
            return -1;
        }
        passed.lines++;
        long dropped = passed.dropped;
        passed.dropped = 0;
        return dropped;
    }
}
