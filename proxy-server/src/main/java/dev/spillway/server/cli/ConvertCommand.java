package dev.spillway.server.cli;

import dev.spillway.core.config.ConfigException;
import dev.spillway.server.configfile.ConfigLoader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code spillway convert}: prints a {@code pgbouncer.ini} as TOML, or everything that is wrong with it. */
@Command(
        name = "convert",
        description = "Print a pgbouncer.ini as a configuration file of Spillway's own (TOML), passwords included.",
        mixinStandardHelpOptions = true,
        versionProvider = SpillwayVersion.class)
final class ConvertCommand implements Callable<Integer> {
    // Picocli sets these fields by reflection before it calls.
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "A pgbouncer.ini.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    /** 0, or 2 for a file that cannot be used. */
    @Override
    public Integer call() {
        try {
            spec.commandLine().getOut().print(ConfigLoader.convert(file));
            spec.commandLine().getOut().flush();
            return ExitCode.OK;
        } catch (ConfigException e) {
            e.problems().forEach(spec.commandLine().getErr()::println);
            return ExitCode.USAGE;
        }
    }
}
