package dev.spillway.core.session;

import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What a server has reported by ParameterStatus, as immutable maps that cannot grow without bound. One per server. */
final class ReportedParameters {
    /** PostgreSQL 18 reports 15, extensions may add some. */
    private static final int MAX_COUNT = 256;

    private Map<String, String> now;

    /** Takes over {@code known}, which is immutable. */
    ReportedParameters(Map<String, String> known) {
        now = known;
    }

    /** As they are now. Immutable; another instance after each change. */
    Map<String, String> now() {
        return now;
    }

    /** Keeps an instance that equals what is reported now. */
    void share(Map<String, String> same) {
        now = same;
    }

    /**
     * Reads a ParameterStatus; borrows {@code body}. Returns whether it says anything new.
     *
     * @throws ProtocolViolation if these are more than any server has reason to report
     */
    boolean read(MessageCursor body) {
        String name = body.readString();
        String value = body.readString();
        if (value.equals(now.get(name))) {
            return false;
        }
        Map<String, String> changed = new TreeMap<>(now);
        changed.put(name, value);
        if (changed.size() > MAX_COUNT) {
            throw new ProtocolViolation("more than " + MAX_COUNT + " parameters are reported");
        }
        now = Collections.unmodifiableMap(changed);
        return true;
    }
}
