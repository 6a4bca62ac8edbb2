package dev.spillway.server.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code spillway rehearse}: for the launcher, which calls it once after a build. */
@Command(
        name = "rehearse",
        hidden = true,
        description = "Let a proxy work for a few seconds without PostgreSQL, for its JVM to learn from"
                + " (-XX:AOTCacheOutput).")
final class RehearseCommand implements Callable<Integer> {
    private final RehearsalRunner runner;

    // Picocli sets it by reflection before anything runs.
    @Parameters(
            arity = "1..*",
            paramLabel = "COMMAND",
            description = "What starts the proxy, with its arguments; after --.")
    @SuppressWarnings("NullAway.Init")
    private List<String> command;

    RehearseCommand(RehearsalRunner runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() throws IOException {
        return runner.run(command);
    }
}
