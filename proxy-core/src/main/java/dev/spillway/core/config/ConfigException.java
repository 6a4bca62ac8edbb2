package dev.spillway.core.config;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration that cannot be used, with all of its problems; its message has one line for each. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    ConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = problems;
    }

    /** At least one. */
    public List<Problem> problems() {
        return problems;
    }
}
