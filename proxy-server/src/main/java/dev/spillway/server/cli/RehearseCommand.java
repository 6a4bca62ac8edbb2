package dev.spillway.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code spillway rehearse}: for the launcher, which calls it once after a build. */
@Command(
        name = "rehearse",
        hidden = true,
        description = "Work for a few seconds without PostgreSQL, for the JVM to learn from (-XX:AOTCacheOutput).")
final class RehearseCommand implements Callable<Integer> {
    private final Callable<Integer> runner;

    RehearseCommand(Callable<Integer> runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() throws Exception {
        return runner.call();
    }
}
