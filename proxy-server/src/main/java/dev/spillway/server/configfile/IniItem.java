package dev.spillway.server.configfile;

/** What stands in a file of PgBouncer's format, in its order, not yet understood. Immutable; never prints a value. */
sealed interface IniItem {
    /** Where it begins, counted from 1. */
    int line();

    /** {@code [name]}. */
    record Section(String name, int line) implements IniItem {}

    /** {@code key = value}; the value is what is left of the line, without blanks at its ends. */
    record Entry(String key, String value, int line) implements IniItem {
        @Override
        public String toString() {
            return "Entry[" + key + ", line " + line + "]";
        }
    }

    /** {@code %include file}. */
    record Include(String file, int line) implements IniItem {}

    /** A line that is none of these. */
    record Broken(String problem, int line) implements IniItem {}
}
