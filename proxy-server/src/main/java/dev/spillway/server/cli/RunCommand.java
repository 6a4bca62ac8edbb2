package dev.spillway.server.cli;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.configfile.ConfigSource;
import dev.spillway.server.configfile.FileSource;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code spillway run}: loads the configuration and runs the proxy, or prints everything that is wrong with it. */
@Command(
        name = "run",
        description = "Run the proxy.",
        mixinStandardHelpOptions = true,
        versionProvider = SpillwayVersion.class,
        footer = {
            "",
            "Without a file, environment variables are enough:",
            "  DATABASE_URL=postgres://user:password@host:5432/name spillway run",
            "docs/settings.md lists all settings."
        })
final class RunCommand implements Callable<Integer> {
    private final ProxyRunner runner;
    private final Map<String, String> environment;

    // Picocli sets these fields by reflection before it calls.
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

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

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "A global setting, over file and environment; may be repeated, for example"
                    + " --set listen_port=5433.")
    private Map<String, String> overrides = new LinkedHashMap<>();

    RunCommand(ProxyRunner runner, Map<String, String> environment) {
        this.runner = runner;
        this.environment = environment;
    }

    /** The proxy's exit code, or 2 for a configuration that cannot be used. */
    @Override
    public Integer call() throws Exception {
        if (file != null && option != null) {
            throw new ParameterException(spec.commandLine(), "Two configuration files: give one");
        }
        ConfigSource source = new FileSource(configFile(), environment, overrides);
        ProxyConfig config;
        try {
            config = source.load();
        } catch (ConfigException e) {
            e.problems().forEach(spec.commandLine().getErr()::println);
            return ExitCode.USAGE;
        }
        return runner.run(config, source);
    }

    private @Nullable Path configFile() {
        @Nullable String fromEnvironment = environment.get("SPILLWAY_CONFIG");
        @Nullable Path named = file != null ? file : option;
        return named != null || fromEnvironment == null ? named : Path.of(fromEnvironment);
    }
}
