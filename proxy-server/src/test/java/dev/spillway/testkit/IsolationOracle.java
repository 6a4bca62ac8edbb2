package dev.spillway.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Many clients at once, each of whose statements carries its client and a sequence number and returns them: a reply that goes to the
 * wrong client, is missing, doubled or out of order, a setting that leaks, a row committed twice or never, is a mismatch.
 *
 * <p>The clients run on virtual threads with blocking sockets. Every choice comes from the seed; the order of events between clients
 * does not. {@link #run} blocks until all have ended.
 */
public final class IsolationOracle {
    /**
     * Connections that the chaos costs.
     *
     * @param announced how many it has cut so far; one loss more than that is a mismatch
     * @param areTold must a client hear why its connection ends? Not if it has got the half of a message
     */
    public record Losses(LongSupplier announced, boolean areTold) {}

    /**
     * What runs against what, and what is forgiven.
     *
     * @param target what is under test
     * @param control PostgreSQL itself, where the table of rows is made and verified
     * @param exchangesPerClient each client ends after that many units of work,
     * @param limit or after that long, whichever is first
     * @param replyTimeout a reply that takes longer counts as missing
     * @param losses which connections may be lost
     * @param diagnosis the state of what is under test, for people; asked once, at the first mismatch
     */
    public record Settings(
            Endpoint target,
            Endpoint control,
            int clients,
            int exchangesPerClient,
            Duration limit,
            long seed,
            Set<OracleFeature> features,
            Duration replyTimeout,
            Losses losses,
            Supplier<String> diagnosis) {
        /** Everything, for at most a minute, on connections that must not be lost. */
        public static Settings of(Endpoint target, Endpoint control, long seed) {
            return new Settings(
                    target,
                    control,
                    16,
                    100,
                    Duration.ofMinutes(1),
                    seed,
                    OracleFeature.all(),
                    Duration.ofSeconds(15),
                    new Losses(() -> 0, false),
                    () -> "");
        }

        public Settings clients(int count, int exchangesEach) {
            return new Settings(
                    target, control, count, exchangesEach, limit, seed, features, replyTimeout, losses, diagnosis);
        }

        public Settings limit(Duration most) {
            return new Settings(
                    target,
                    control,
                    clients,
                    exchangesPerClient,
                    most,
                    seed,
                    features,
                    replyTimeout,
                    losses,
                    diagnosis);
        }

        public Settings features(Set<OracleFeature> only) {
            return new Settings(
                    target, control, clients, exchangesPerClient, limit, seed, only, replyTimeout, losses, diagnosis);
        }

        public Settings replyTimeout(Duration most) {
            return new Settings(
                    target, control, clients, exchangesPerClient, limit, seed, features, most, losses, diagnosis);
        }

        /** Connections may be lost, as often as {@code announced} says. */
        public Settings losses(LongSupplier announced) {
            return forgiving(new Losses(announced, false));
        }

        /** The same, and each client must be told so by a FATAL error that speaks of the connection. */
        public Settings lossesThatAreTold(LongSupplier announced) {
            return forgiving(new Losses(announced, true));
        }

        private Settings forgiving(Losses those) {
            return new Settings(
                    target,
                    control,
                    clients,
                    exchangesPerClient,
                    limit,
                    seed,
                    features,
                    replyTimeout,
                    those,
                    diagnosis);
        }

        public Settings diagnosis(Supplier<String> state) {
            return new Settings(
                    target, control, clients, exchangesPerClient, limit, seed, features, replyTimeout, losses, state);
        }
    }

    private final Settings settings;
    private final OracleLedger ledger;

    private IsolationOracle(Settings settings) {
        this.settings = settings;
        this.ledger = new OracleLedger(settings.losses().announced(), settings.diagnosis());
    }

    public static OracleReport run(Settings settings) {
        return new IsolationOracle(settings).run();
    }

    private OracleReport run() {
        long run = System.nanoTime() & 0xffffff; // Only tells this run's rows from those of others.
        long deadlineNanos = System.nanoTime() + settings.limit().toNanos();
        try {
            OracleTable table = new OracleTable(settings.control(), run);
            runClients(run, deadlineNanos);
            return ledger.report(settings.seed(), table.verify(ledger));
        } catch (IOException e) {
            if (ledger.isDiagnosed()) {
                return ledger.report(settings.seed(), 0); // the clients have ended early, the chaos has not
            }
            throw new UncheckedIOException("the oracle's own connection to PostgreSQL failed", e);
        }
    }

    private void runClients(long run, long deadlineNanos) {
        List<Future<?>> clients = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < settings.clients(); i++) {
                Random random = new Random(settings.seed() * 1_000_003 + i);
                OracleWorkload workload = new OracleWorkload(run, i, random);
                clients.add(threads.submit(new OracleClient(settings, i, workload, random, ledger, deadlineNanos)));
            }
        }
        for (Future<?> client : clients) {
            try {
                client.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("a client of the oracle has a defect", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }
}
