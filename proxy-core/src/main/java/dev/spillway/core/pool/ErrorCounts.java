package dev.spillway.core.pool;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** How many errors there were of each class of SQLSTATEs. One lane writes and reads it. */
public final class ErrorCounts {
    /** What is none of PostgreSQL's own classes: functions may raise whatever they like. */
    static final String OTHER = "other";

    /** Source: PostgreSQL documentation, "PostgreSQL Error Codes". */
    private static final Set<String> CLASSES = Set.of(
            "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "24",
            "25", "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44", "53", "54",
            "55", "57", "58", "F0", "HV", "P0", "XX");

    private final Map<String, Long> byClass = new TreeMap<>();

    /** One more. */
    public void add(String sqlstate) {
        String head = sqlstate.length() == 5 ? sqlstate.substring(0, 2) : OTHER;
        byClass.merge(CLASSES.contains(head) ? head : OTHER, 1L, Long::sum);
    }

    /** Takes over what another has counted. */
    public void add(ErrorCounts other) {
        other.byClass.forEach((head, count) -> byClass.merge(head, count, Long::sum));
    }

    /** By the first two characters. */
    public Map<String, Long> byClass() {
        return Collections.unmodifiableMap(byClass);
    }
}
