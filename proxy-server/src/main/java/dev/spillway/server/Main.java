package dev.spillway.server;

import dev.spillway.server.cli.SpillwayCommand;

/** The entry point. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        // The composition root becomes this runner.
        System.exit(SpillwayCommand.commandLine(config -> 0, System.getenv()).execute(args));
    }
}
