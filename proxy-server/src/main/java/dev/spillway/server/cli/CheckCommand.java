package dev.spillway.server.cli;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.configfile.ConfigLoader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code spillway check}: says what will go wrong with a configuration, before it does. */
@Command(
        name = "check",
        description = "Log in to the servers of a configuration, compare it with their limits, and say what to change.",
        mixinStandardHelpOptions = true,
        versionProvider = SpillwayVersion.class,
        footer = {
            "",
            "Ends with 0 if nothing is wrong, with 1 if there are warnings, and with 2 if something will not work or"
                    + " the",
            "configuration cannot be used. docs/check.md has more."
        })
final class CheckCommand implements Callable<Integer> {
    private final CheckRunner runner;
    private final Map<String, String> environment;

    // Picocli sets these fields by reflection before it calls.
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    private ConfigFile file = new ConfigFile();

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "A global setting, over file and environment; may be repeated.")
    private Map<String, String> overrides = new LinkedHashMap<>();

    @Option(names = "--json", description = "Print one JSON object instead of text for people.")
    private boolean isJson;

    @Option(
            names = "--instances",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "How many proxies with this configuration there are (sidecars); the limits have to do for all.")
    private int instances;

    CheckCommand(CheckRunner runner, Map<String, String> environment) {
        this.runner = runner;
        this.environment = environment;
    }

    @Override
    public Integer call() {
        @Nullable Path named = file.find(spec.commandLine(), environment);
        if (instances < 1 || instances > 100_000) {
            throw new ParameterException(spec.commandLine(), "--instances must be from 1 to 100000");
        }
        List<String> doubts = new ArrayList<>();
        try {
            ProxyConfig config = ConfigLoader.loadQuietly(named, environment, overrides, doubts::add);
            return print(runner.check(config, doubts, instances));
        } catch (ConfigException e) {
            e.problems().forEach(spec.commandLine().getErr()::println);
            return ExitCode.USAGE;
        }
    }

    private int print(CheckRunner.Result result) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(isJson ? result.json() + "\n" : result.text());
        out.flush();
        return result.exitCode();
    }
}
