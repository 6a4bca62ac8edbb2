package dev.spillway.server.cli;

import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code spillway}, which is nothing without one of its subcommands. */
@Command(
        name = "spillway",
        description =
                "A PostgreSQL connection proxy: thousands of clients over a small fixed set of server connections.",
        mixinStandardHelpOptions = true,
        versionProvider = SpillwayVersion.class,
        synopsisSubcommandLabel = "COMMAND")
public final class SpillwayCommand implements Runnable {
    // Picocli's name for it; it sets the field by reflection before anything runs.
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private SpillwayCommand() {}

    /** The whole command line, ready to {@code execute(args)}. */
    public static CommandLine commandLine(
            ProxyRunner runner,
            CheckRunner check,
            TopRunner top,
            DemoRunner demo,
            RehearsalRunner rehearsal,
            Map<String, String> environment) {
        return new CommandLine(new SpillwayCommand())
                .addSubcommand(new RunCommand(runner, environment))
                .addSubcommand(new CheckCommand(check, environment))
                .addSubcommand(new ConvertCommand())
                .addSubcommand(new TopCommand(top))
                .addSubcommand(new DemoCommand(demo))
                .addSubcommand(new RehearseCommand(rehearsal))
                .setExpandAtFiles(false); // an argument that begins with @ is an argument
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Missing command: try 'spillway demo', 'spillway run' or --help");
    }
}
