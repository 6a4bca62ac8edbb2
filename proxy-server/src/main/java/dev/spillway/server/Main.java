package dev.spillway.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Totals;
import dev.spillway.server.cli.CheckRunner;
import dev.spillway.server.cli.SpillwayCommand;
import dev.spillway.server.cli.TopRunner;
import dev.spillway.server.demo.Demo;
import dev.spillway.server.demo.DemoPlan;
import dev.spillway.server.demo.DemoProxy;
import dev.spillway.server.rehearsal.Rehearsal;
import dev.spillway.server.rehearsal.RehearsedProcess;
import dev.spillway.server.top.Top;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The entry point. What runs is stopped when the process ends, by itself or by a signal; the log is the last to stop. */
public final class Main {
    /** Long enough for what runs often to be seen as such. */
    private static final Duration REHEARSAL = Duration.ofSeconds(5);

    private volatile Runnable stop = () -> {};

    private Main() {}

    public static void main(String[] args) {
        Main main = new Main();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(main::end));
        Service service = new Service(logs());
        main.stop = service::stop;
        System.exit(main.commandLine(service, System.getenv()).execute(args));
    }

    private CommandLine commandLine(Service service, Map<String, String> environment) {
        return SpillwayCommand.commandLine(service, Main::check, this::top, this::demo, this::rehearse, environment);
    }

    private static CheckRunner.Result check(ProxyConfig config, List<String> doubts, int instances) {
        logs().getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF); // what is printed is the report's
        return CheckRun.run(config, doubts, instances);
    }

    private int top(TopRunner.Wish wish, PrintWriter out, PrintWriter err) {
        logs().getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF); // the terminal is the view's
        Top top = new Top(wish.host(), wish.port(), wish.interval());
        stop = top::stop;
        return top.run(wish.isOnce(), out, err);
    }

    private int demo(PrintWriter out, PrintWriter err, boolean isTerminal, boolean stays) {
        // The lines of the demo are the demo's; its PostgreSQL logs every refusal that is meant to happen.
        logs().getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
        logs().getLogger("io.zonky").setLevel(Level.OFF);
        Demo demo = new Demo(DemoPlan.standard(), Main::startForDemo, out, err, isTerminal);
        stop = demo::stop;
        return demo.run(stays);
    }

    static DemoProxy startForDemo(ProxyConfig config) throws IOException {
        Proxy proxy = Proxy.start(config);
        return new DemoProxy() {
            @Override
            public int port() {
                return proxy.port();
            }

            @Override
            public Totals totals() {
                return proxy.totals();
            }

            @Override
            public int servers() {
                return proxy.lanes().hosts().stream()
                        .mapToInt(HostFigures::ours)
                        .sum();
            }

            @Override
            public void close() {
                proxy.stop();
            }
        };
    }

    private int rehearse(List<String> command) throws IOException {
        Rehearsal.run(
                (environment, port) -> {
                    RehearsedProcess proxy = RehearsedProcess.start(command, environment);
                    stop = proxy::kill;
                    proxy.awaitPort(port);
                    return proxy;
                },
                REHEARSAL);
        return 0;
    }

    private void end() {
        stop.run();
        logs().stop();
    }

    private static LoggerContext logs() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }
}
