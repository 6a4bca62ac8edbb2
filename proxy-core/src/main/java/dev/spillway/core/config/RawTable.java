package dev.spillway.core.config;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one layer says about the proxy, about one database or about one user, by setting name in the order written. Used
 * by one thread. It never prints its values.
 */
public final class RawTable {
    private final Source source;
    private final Map<String, RawValue> values = new LinkedHashMap<>();

    RawTable(Source source) {
        this.source = source;
    }

    /** The last value of a name holds. */
    public RawTable put(String name, RawValue value) {
        values.put(name, value);
        return this;
    }

    Source source() {
        return source;
    }

    Map<String, RawValue> values() {
        return values;
    }
}
