package dev.spillway.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.Totals;
import dev.spillway.core.session.Ending;
import dev.spillway.server.cli.SpillwayCommand;
import dev.spillway.server.configfile.ConfigSource;
import dev.spillway.server.demo.Demo;
import dev.spillway.server.demo.DemoPlan;
import dev.spillway.server.demo.DemoProxy;
import dev.spillway.server.ops.Signals;
import dev.spillway.server.rehearsal.Rehearsal;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The entry point. What runs is stopped when the process ends, by itself or by a signal; the log is the last to stop. */
public final class Main {
    /** Long enough for what runs often to be seen as such. */
    private static final Duration REHEARSAL = Duration.ofSeconds(5);

    private volatile Runnable stop = () -> {};

    private Main() {}

    public static void main(String[] args) {
        Main main = new Main();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(main::end));
        System.exit(SpillwayCommand.commandLine(main::run, main::demo, Main::rehearse, System.getenv())
                .execute(args));
    }

    private int run(ProxyConfig config, ConfigSource source) {
        try {
            Proxy proxy = Proxy.start(config, source);
            stop = proxy::stop;
            Signals.on("HUP", proxy::reload);
            Signals.on("USR1", proxy::pause);
            Signals.on("USR2", proxy::resume);
            Signals.on("TERM", () -> proxy.onSignal(Ending.WAIT_FOR_CLIENTS));
            Signals.on("INT", () -> proxy.onSignal(Ending.WAIT_FOR_SERVERS));
            proxy.awaitStop();
            return 0;
        } catch (IOException e) {
            LoggerFactory.getLogger(Main.class).error("{}", e.getMessage());
            return 1;
        }
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
            public void close() {
                proxy.stop();
            }
        };
    }

    private static int rehearse() throws IOException {
        logs().getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
        Rehearsal.run(Main::startForRehearsal, REHEARSAL);
        return 0;
    }

    private static Rehearsal.Stage startForRehearsal(ProxyConfig config) throws IOException {
        Proxy proxy = Proxy.start(config);
        return new Rehearsal.Stage(proxy.port(), proxy::stop);
    }

    private void end() {
        stop.run();
        logs().stop();
    }

    private static LoggerContext logs() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }
}
