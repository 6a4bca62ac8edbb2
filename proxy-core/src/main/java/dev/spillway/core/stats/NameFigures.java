package dev.spillway.core.stats;

import java.util.List;

/**
 * A host name that has been looked up, at a moment. Immutable.
 *
 * @param ttlSeconds when it will be looked up again; 0 if it is being looked up, or will be when it is next needed
 * @param addresses none if it could not be resolved
 */
public record NameFigures(String name, long ttlSeconds, List<String> addresses) {
    public NameFigures {
        addresses = List.copyOf(addresses);
    }

    /** Of two lanes that know the name: what was found last. */
    NameFigures newer(NameFigures other) {
        return ttlSeconds >= other.ttlSeconds ? this : other;
    }
}
