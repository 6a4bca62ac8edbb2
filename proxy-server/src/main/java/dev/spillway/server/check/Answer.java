package dev.spillway.server.check;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What came of a {@link Login}. Immutable. */
sealed interface Answer {
    /**
     * There is a connection.
     *
     * @param failures of single things that Spillway would do on it
     * @param fleet what it shows to one who speaks with a fleet by it; null: nobody does
     */
    record Reached(
            SessionFacts facts,
            List<Failure> failures,
            @Nullable FleetFacts fleet) implements Answer {
        public Reached {
            failures = List.copyOf(failures);
        }
    }

    /**
     * There is none.
     *
     * @param sqlstate PostgreSQL's, or the driver's of the same kind; empty: not known
     */
    record Refused(String sqlstate, String message) implements Answer {}

    /** {@code what}: the setting whose statement failed. */
    record Failure(String what, String message) {}
}
