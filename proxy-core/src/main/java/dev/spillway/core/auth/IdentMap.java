package dev.spillway.core.auth;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which users those may log in as whom the system, or a certificate, calls by another name. Immutable.
 *
 * @param name as {@code map=} has it
 */
public record IdentMap(String name, List<Entry> entries) {
    /** {@code systemName} may be {@code user}; null: anybody. */
    record Entry(String systemName, @Nullable String user) {
        boolean allows(String system, String wanted) {
            return systemName.equals(system) && (user == null || user.equals(wanted));
        }
    }

    public IdentMap {
        entries = List.copyOf(entries);
    }

    boolean allows(String systemName, String user) {
        return entries.stream().anyMatch(entry -> entry.allows(systemName, user));
    }
}
