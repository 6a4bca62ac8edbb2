package dev.spillway.core.config;

/**
 * Where a value came from, in the words a person can go and look it up with.
 *
 * @param text what stands in front of the colon of a problem, such as {@code spillway.toml:12}
 */
public record Source(String text) {
    /** For what no single line is to blame for. */
    static final Source WHOLE = new Source("configuration");

    /** A line of a file, counted from 1. */
    public static Source line(String file, int line) {
        return new Source(file + ":" + line);
    }

    public static Source file(String file) {
        return new Source(file);
    }

    public static Source environment(String variable) {
        return new Source("environment variable " + variable);
    }

    public static Source commandLine(String option) {
        return new Source("command line option " + option);
    }

    @Override
    public String toString() {
        return text;
    }
}
