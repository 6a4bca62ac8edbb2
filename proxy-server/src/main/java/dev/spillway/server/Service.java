package dev.spillway.server;

import ch.qos.logback.classic.LoggerContext;
import dev.spillway.core.config.LogFormat;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.session.Ending;
import dev.spillway.server.cli.ProxyRunner;
import dev.spillway.server.cli.RunOptions;
import dev.spillway.server.configfile.ConfigSource;
import dev.spillway.server.configfile.LogOpening;
import dev.spillway.server.ops.LogSetup;
import dev.spillway.server.ops.PidFile;
import dev.spillway.server.ops.Signals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process of {@code spillway run}: a proxy with its log, its pidfile and the signals it heeds.
 *
 * <p>Runs on the main thread; {@link #stop} may come from another.
 */
final class Service implements ProxyRunner {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    private final LoggerContext logs;
    private @Nullable LogSetup setup;
    private final CompletableFuture<Proxy> proxy = new CompletableFuture<>();
    private volatile @Nullable PidFile pidFile;

    Service(LoggerContext logs) {
        this.logs = logs;
    }

    @Override
    public LogOpening log(RunOptions options) {
        LogSetup made = new LogSetup(logs, options.isQuiet());
        setup = made;
        return made;
    }

    @Override
    public int run(ProxyConfig config, ConfigSource source, RunOptions options) {
        try {
            requireUser(config.user());
            PidFile claimed = config.pidfile() == null ? null : PidFile.claim(config.pidfile());
            Proxy started = Proxy.start(config, source);
            if (!proxy.complete(started)) { // it was stopped meanwhile
                started.stop();
                return 0;
            }
            heedSignals(started, config.log().logFormat() == LogFormat.PGBOUNCER);
            if (claimed != null) {
                claimed.write();
                pidFile = claimed;
            }
            started.announce();
            leaveLauncher(options.readyFile());
            started.awaitStop();
            return 0;
        } catch (IOException e) {
            LOG.error("{}", e.getMessage());
            return 1;
        } finally {
            stop();
        }
    }

    private static void requireUser(@Nullable String user) throws IOException {
        String own = System.getProperty("user.name");
        if (user != null && !user.equals(own)) {
            throw new IOException("this process runs as " + own + " and has to run as " + user
                    + " (user): a JVM cannot change that, but the launcher does where root starts it with -u " + user);
        }
    }

    private static void heedSignals(Proxy proxy, boolean isToldOf) {
        heed("HUP", proxy::reload, isToldOf ? "re-reading config" : null);
        heed("USR1", proxy::pause, isToldOf ? "pausing all activity" : null);
        heed("USR2", proxy::resume, isToldOf ? "continuing from PAUSE" : null);
        heed(
                "TERM",
                () -> proxy.onSignal(Ending.WAIT_FOR_CLIENTS),
                isToldOf ? "shutting down, waiting for all clients disconnect" : null);
        heed(
                "INT",
                () -> proxy.onSignal(Ending.WAIT_FOR_SERVERS),
                isToldOf ? "shutting down, waiting for all servers connections to be released" : null);
    }

    /** {@code words}: how PgBouncer tells of it; null: it is not told. */
    private static void heed(String name, Runnable action, @Nullable String words) {
        Signals.on(name, () -> {
            if (words != null) {
                LOG.info("got SIG{}, {}", name, words);
            }
            action.run();
        });
    }

    /** Whoever has waited for the start waits no longer, and nobody reads the console any more. */
    private void leaveLauncher(@Nullable Path readyFile) throws IOException {
        LogSetup own = setup;
        if (readyFile != null && own != null) {
            own.silence();
            Files.createFile(readyFile);
        }
    }

    /** Ends what runs, if anything does; repeating it does nothing. */
    void stop() {
        proxy.cancel(false);
        if (!proxy.isCancelled()) {
            proxy.join().stop();
        }
        PidFile written = pidFile;
        if (written != null) {
            written.remove();
        }
    }
}
