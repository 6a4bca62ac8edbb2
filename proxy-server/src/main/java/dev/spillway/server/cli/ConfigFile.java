package dev.spillway.server.cli;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The configuration file as commands name it. Picocli sets the fields before the command is called. */
final class ConfigFile {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "The same.")
    private @Nullable Path option;

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE",
            description = "Configuration file: TOML, or a pgbouncer.ini as it is. Default: the environment variable"
                    + " SPILLWAY_CONFIG, or none.")
    private @Nullable Path file;

    /** The one that is meant; null: none. */
    @Nullable
    Path find(CommandLine command, Map<String, String> environment) {
        if (file != null && option != null) {
            throw new ParameterException(command, "Two configuration files: give one");
        }
        @Nullable String fromEnvironment = environment.get("SPILLWAY_CONFIG");
        @Nullable Path named = file != null ? file : option;
        return named != null || fromEnvironment == null ? named : Path.of(fromEnvironment);
    }
}
