package dev.spillway.core.session;

import dev.spillway.core.protocol.ProtocolViolation;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What a server has reported by ParameterStatus, as immutable maps that cannot grow without bound. Stateless. */
final class ReportedParameters {
    /** PostgreSQL 18 reports 15, extensions may add some. */
    private static final int MAX_COUNT = 256;

    private ReportedParameters() {}

    /**
     * {@code known} with {@code name} as {@code value}; {@code known} itself where that is nothing new.
     *
     * @throws ProtocolViolation if these are more than any server has reason to report
     */
    static Map<String, String> with(Map<String, String> known, String name, String value) {
        if (value.equals(known.get(name))) {
            return known;
        }
        Map<String, String> changed = new TreeMap<>(known);
        changed.put(name, value);
        if (changed.size() > MAX_COUNT) {
            throw new ProtocolViolation("more than " + MAX_COUNT + " parameters are reported");
        }
        return Collections.unmodifiableMap(changed);
    }
}
