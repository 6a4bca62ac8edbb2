package dev.spillway.core.stats;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

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
    public long pass(String cause, long nowMillis) {
        if (causes.size() >= MOST_CAUSES) {
            causes.values().removeIf(passed -> passed.dropped == 0 && isOver(passed, nowMillis));
        }
        String known = causes.size() < MOST_CAUSES || causes.containsKey(cause) ? cause : "";
        Passed passed = causes.computeIfAbsent(known, any -> new Passed());
        if (isOver(passed, nowMillis)) {
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

    /** How many of each cause were dropped since one was let through or they were told here; an empty cause is that of many. */
    public Map<String, Long> takeDropped() {
        Map<String, Long> dropped = new TreeMap<>();
        causes.forEach((cause, passed) -> {
            if (passed.dropped > 0) {
                dropped.put(cause, passed.dropped);
                passed.dropped = 0;
            }
        });
        return dropped;
    }

    private static boolean isOver(Passed passed, long nowMillis) {
        return Math.abs(nowMillis - passed.sinceMillis) >= MILLIS;
    }
}
