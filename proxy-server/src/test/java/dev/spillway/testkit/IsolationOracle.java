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
import java.util.function.Consumer;
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

    /** What runs against what, and what is forgiven. Immutable; each change makes another. */
    public static final class Settings {
        private final Endpoint target;
        private final Endpoint control;
        private final long seed;
        private int clients = 16;
        private int exchangesPerClient = 100;
        private Duration limit = Duration.ofMinutes(1);
        private Set<OracleFeature> features = OracleFeature.all();
        private Duration replyTimeout = Duration.ofSeconds(15);
        private Losses losses = new Losses(() -> 0, false);
        private Supplier<String> diagnosis = () -> "";

        private Settings(Endpoint target, Endpoint control, long seed) {
            this.target = target;
            this.control = control;
            this.seed = seed;
        }

        /** Everything, for at most a minute, on connections that must not be lost. */
        public static Settings of(Endpoint target, Endpoint control, long seed) {
            return new Settings(target, control, seed);
        }

        private Settings with(Consumer<Settings> change) {
            Settings copy = new Settings(target, control, seed);
            copy.clients = clients;
            copy.exchangesPerClient = exchangesPerClient;
            copy.limit = limit;
            copy.features = features;
            copy.replyTimeout = replyTimeout;
            copy.losses = losses;
            copy.diagnosis = diagnosis;
            change.accept(copy);
            return copy;
        }

        public Settings clients(int count, int exchangesEach) {
            return with(copy -> {
                copy.clients = count;
                copy.exchangesPerClient = exchangesEach;
            });
        }

        public Settings limit(Duration most) {
            return with(copy -> copy.limit = most);
        }

        public Settings features(Set<OracleFeature> only) {
            return with(copy -> copy.features = only);
        }

        public Settings replyTimeout(Duration most) {
            return with(copy -> copy.replyTimeout = most);
        }

        /** Connections may be lost, as often as {@code announced} says. */
        public Settings losses(LongSupplier announced) {
            return with(copy -> copy.losses = new Losses(announced, false));
        }

        /** The same, and each client must be told so by a FATAL error that speaks of the connection. */
        public Settings lossesThatAreTold(LongSupplier announced) {
            return with(copy -> copy.losses = new Losses(announced, true));
        }

        public Settings diagnosis(Supplier<String> state) {
            return with(copy -> copy.diagnosis = state);
        }

        /** What is under test. */
        Endpoint target() {
            return target;
        }

        /** PostgreSQL itself, where the table of rows is made and verified. */
        Endpoint control() {
            return control;
        }

        int clients() {
            return clients;
        }

        /** Each client ends after that many units of work, or after {@link #limit}, whichever is first. */
        int exchangesPerClient() {
            return exchangesPerClient;
        }

        Duration limit() {
            return limit;
        }

        long seed() {
            return seed;
        }

        Set<OracleFeature> features() {
            return features;
        }

        /** A reply that takes longer counts as missing. */
        Duration replyTimeout() {
            return replyTimeout;
        }

        /** Which connections may be lost. */
        Losses losses() {
            return losses;
        }

        /** The state of what is under test, for people; asked once, at the first mismatch. */
        Supplier<String> diagnosis() {
            return diagnosis;
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
