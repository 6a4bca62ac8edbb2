package dev.spillway.core.stats;

import java.util.List;

/**
 * A host name that has been looked up, at a moment. Immutable.
 *
 * @param ttlSeconds when it will be looked up again; 0 if it is being looked up, or will be when it is next needed
 * @param addresses none if it could not be resolved
 * @param isAsked is it being looked up?
 */
public record NameFigures(String name, long ttlSeconds, List<String> addresses, boolean isAsked) {
    public NameFigures {
        addresses = List.copyOf(addresses);
    }

    /** Of two lanes that know the name: what was found last. */
    NameFigures newer(NameFigures other) {
        NameFigures last = ttlSeconds >= other.ttlSeconds ? this : other;
        return new NameFigures(name, last.ttlSeconds, last.addresses, isAsked || other.isAsked);
    }
}
