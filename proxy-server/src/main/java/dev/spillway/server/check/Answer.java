package dev.spillway.server.check;

import java.util.List;

/** What came of a {@link Login}. Immutable. */
sealed interface Answer {
    /** There is a connection; {@code failures} are of single things that Spillway would do on it. */
    record Reached(SessionFacts facts, List<Failure> failures) implements Answer {
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
