package dev.spillway.server.cli;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.server.configfile.ConfigSource;
import dev.spillway.server.configfile.FileSource;
import dev.spillway.server.configfile.LogOpening;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);
    /** What the launcher waits for, if it is to leave the process in the background. */
    private static final String READY_FILE = "SPILLWAY_READY_FILE";

    private final ProxyRunner runner;
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
            description = "A global setting, over file and environment; may be repeated, for example"
                    + " --set listen_port=5433.")
    private Map<String, String> overrides = new LinkedHashMap<>();

    // PgBouncer's own options, so that a command line of its works with `spillway run` in the place of `pgbouncer`.

    @Option(
            names = {"-q", "--quiet"},
            description = "Log nothing to the console; logfile has it all.")
    private boolean isQuiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "Log more; twice for even more. The same as --set verbose=1 or 2.")
    private boolean[] verbose = {};

    @Option(
            names = {"-d", "--daemon"},
            description = "Go to the background once clients can connect; needs pidfile, and logs to logfile only.")
    private boolean isDaemon;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "NAME",
            description = "Run as that user, which only root can. The same as --set user=NAME.")
    private @Nullable String user;

    @Option(
            names = {"-R", "--reboot"},
            description = "Accepted and told of, for no sockets can be taken over from a running process: set"
                    + " so_reuseport to start the next one before the last has ended.")
    private boolean isReboot;

    RunCommand(ProxyRunner runner, Map<String, String> environment) {
        this.runner = runner;
        this.environment = environment;
    }

    /** The proxy's exit code, or 2 for a configuration that cannot be used. */
    @Override
    public Integer call() throws Exception {
        @Nullable Path named = file.find(spec.commandLine(), environment);
        @Nullable String ready = environment.get(READY_FILE);
        if (isDaemon && ready == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "-d: a JVM cannot go to the background, only the launcher 'spillway' can send it");
        }
        if (verbose.length > 0) {
            overrides.put("verbose", Integer.toString(verbose.length));
        }
        if (user != null) {
            overrides.put("user", user);
        }
        RunOptions options = new RunOptions(isQuiet, isDaemon && ready != null ? Path.of(ready) : null);
        LogOpening log = runner.log(options);
        ConfigSource source = new FileSource(named, environment, overrides, log);
        ProxyConfig config;
        try {
            config = source.load();
        } catch (ConfigException e) {
            e.problems().forEach(spec.commandLine().getErr()::println);
            return ExitCode.USAGE;
        }
        if (isDaemon && config.pidfile() == null) {
            throw new ParameterException(spec.commandLine(), "daemon needs pidfile configured");
        }
        if (isReboot) {
            LOG.warn("-R: Spillway takes no sockets over from a running process, as PgBouncer no longer should:"
                    + " use so_reuseport instead");
        }
        return runner.run(config, source, options);
    }
}
