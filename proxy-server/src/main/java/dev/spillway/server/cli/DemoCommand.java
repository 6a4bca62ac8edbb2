package dev.spillway.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code spillway demo}: a first try without a PostgreSQL of one's own. */
@Command(
        name = "demo",
        description = "Show what Spillway is for, with a PostgreSQL that is started for it and removed again.",
        mixinStandardHelpOptions = true,
        versionProvider = SpillwayVersion.class,
        footer = {
            "",
            "200 clients connect to a PostgreSQL with 40 connections, then to Spillway before it; then three Spillways"
                    + " share it.",
            "Ends with 1 if that does not go as it should."
        })
final class DemoCommand implements Callable<Integer> {
    private final DemoRunner runner;

    // Picocli sets these fields by reflection before it calls.
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "--exit", description = "End after the summary, instead of staying up for psql.")
    private boolean isToExit;

    DemoCommand(DemoRunner runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() {
        return runner.run(
                spec.commandLine().getOut(), spec.commandLine().getErr(), OutputTerminal.isThere(), !isToExit);
    }
}
