package dev.spillway.server.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code spillway top}: a live view of a running Spillway, in a terminal. */
@Command(
        name = "top",
        description = "Show a running Spillway in this terminal: who waits for what, and why.",
        mixinStandardHelpOptions = true,
        versionProvider = SpillwayVersion.class,
        footer = {
            "",
            "Keys: the capital letters of the titles sort, q ends. Without a terminal it prints once and ends.",
            "Ends with 1 if there is no admin port of a Spillway. docs/top.md has more."
        })
final class TopCommand implements Callable<Integer> {
    private static final double SHORTEST_SECONDS = 0.1;
    private static final double LONGEST_SECONDS = 3600;
    private static final double MILLIS_PER_SECOND = 1e3;
    private static final int HIGHEST_PORT = 65_535;
    /** A host, one of IPv6 in brackets, a port: one of them may be missing. */
    private static final Pattern ADDRESS = Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([\\w.-]*))(?::(\\d{1,5}))?");

    /** Nobody calls a host by a number alone. */
    private static final Pattern ALONE = Pattern.compile("\\d{1,5}");

    private final TopRunner runner;

    // Picocli sets these fields by reflection before it calls.
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Parameters(
            paramLabel = "HOST:PORT",
            arity = "0..1",
            defaultValue = "127.0.0.1:6433",
            description = "The admin port; ${DEFAULT-VALUE} if it is not named. One of the two parts may be missing.")
    private String address = "";

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            defaultValue = "1",
            description = "Between two looks at it, from 0.1 to 3600.")
    private double interval;

    @Option(names = "--once", description = "Print once, as plain text 80 columns wide, and end.")
    private boolean isOnce;

    TopCommand(TopRunner runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() {
        if (!(interval >= SHORTEST_SECONDS && interval <= LONGEST_SECONDS)) {
            throw new ParameterException(spec.commandLine(), "--interval must be from 0.1 to 3600 seconds");
        }
        Matcher parts = ADDRESS.matcher(ALONE.matcher(address).matches() ? ":" + address : address);
        int port = 6433;
        if (!parts.matches()) {
            throw new ParameterException(spec.commandLine(), "No HOST:PORT: " + address);
        }
        if (parts.group(3) != null) {
            port = Integer.parseInt(parts.group(3));
        }
        if (port < 1 || port > HIGHEST_PORT) {
            throw new ParameterException(spec.commandLine(), "No port: " + port);
        }
        return runner.run(
                new TopRunner.Wish(
                        host(parts),
                        port,
                        Duration.ofMillis(Math.round(interval * MILLIS_PER_SECOND)),
                        isOnce || !OutputTerminal.isThere()),
                spec.commandLine().getOut(),
                spec.commandLine().getErr());
    }

    private static String host(Matcher parts) {
        String host = parts.group(1) == null ? parts.group(2) : parts.group(1);
        return host == null || host.isEmpty() ? "127.0.0.1" : host;
    }
}
