package dev.spillway.core.session;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One instance of each value that was seen of late: comparing two of them ends at the reference then. Bounded; what it has
 * forgotten is compared by content.
 *
 * @param <T> immutable, compared by content
 */
final class Recent<T> {
    private static final int MAX_COUNT = 256;

    private final Map<T, T> values = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<T, T> eldest) {
            return size() > MAX_COUNT;
        }
    };

    /** The instance that equals {@code value}. */
    T of(T value) {
        T known = values.putIfAbsent(value, value);
        return known == null ? value : known;
    }
}
