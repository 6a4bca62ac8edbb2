package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What a client that sends 100 MB of queries and reads nothing costs the others of its lane and pool. */
class RudeNeighbourIT {
    private static final boolean IS_THOROUGH = Boolean.getBoolean("spillway.test.thorough");
    private static final Duration SLICE = Duration.ofMillis(IS_THOROUGH ? 2000 : 500);
    private static final int PAIRS = IS_THOROUGH ? 6 : 3;
    private static final int OTHERS = 4;
    /** Short runs are mostly of the time in which the flood is still taken, and other builds may use the same cores. */
    private static final double LIMIT = IS_THOROUGH ? 1.2 : 10;

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @Test
    void othersWaitNoLonger() throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, OTHERS + 1)
                        .with(Settings.LANES, 1));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            List<WireClient> others = new ArrayList<>();
            for (int i = 0; i < OTHERS; i++) {
                others.add(WireClient.connect(through));
            }
            measure(threads, others); // warm
            Histogram alone = new Histogram(3);
            Histogram besideDirect = new Histogram(3);
            Histogram beside = new Histogram(3);
            for (int pair = 0; pair < PAIRS; pair++) {
                alone.add(measure(threads, others));
                besideDirect.add(measureBesideFlood(threads, others, direct));
                beside.add(measureBesideFlood(threads, others, through));
            }
            for (WireClient other : others) {
                other.close();
            }
            judge(alone, besideDirect, beside);
        }
    }

    private static Histogram measureBesideFlood(ExecutorService threads, List<WireClient> others, Endpoint flooded)
            throws Exception {
        try (WireClient rude = WireClient.connect(flooded)) {
            Future<?> sending = threads.submit(() -> flood(rude));
            Histogram micros = measure(threads, others);
            assertThat(sending.isDone()).as("all was read").isFalse();
            return micros;
        }
    }

    /** PostgreSQL works for the rude client until nothing more is taken; on few cores that alone makes the others slower. */
    private static void judge(Histogram alone, Histogram besideDirect, Histogram beside) {
        double ratio = (double) beside.getValueAtPercentile(99) / besideDirect.getValueAtPercentile(99);
        String figures = ("others' p50 %d µs, p99 %d µs alone; %d and %d µs beside a rude client of PostgreSQL itself;"
                        + " %d and %d µs beside one of ours: p99 ratio of the last two %.2f")
                .formatted(
                        alone.getValueAtPercentile(50),
                        alone.getValueAtPercentile(99),
                        besideDirect.getValueAtPercentile(50),
                        besideDirect.getValueAtPercentile(99),
                        beside.getValueAtPercentile(50),
                        beside.getValueAtPercentile(99),
                        ratio);
        LoggerFactory.getLogger(RudeNeighbourIT.class).info("{}", figures);
        assertThat(ratio).as(figures).isLessThanOrEqualTo(LIMIT);
    }

    /** 100 MB, or as much as is taken. */
    private static void flood(WireClient rude) {
        byte[] query = Messages.query("select repeat('x', 1000) --" + "y".repeat(1000));
        byte[][] many = new byte[1000][];
        Arrays.fill(many, query);
        try {
            for (int i = 0; i < 100; i++) {
                rude.send(many);
            }
        } catch (IOException closed) {
            // The measurement is over.
        }
    }

    /** What the others' queries take meanwhile, in microseconds. */
    private static Histogram measure(ExecutorService threads, List<WireClient> others) throws Exception {
        long endNanos = System.nanoTime() + SLICE.toNanos();
        List<Future<Histogram>> running = others.stream()
                .map(other -> threads.submit(() -> askUntil(other, endNanos)))
                .toList();
        Histogram all = new Histogram(3);
        for (Future<Histogram> one : running) {
            all.add(one.get());
        }
        return all;
    }

    private static Histogram askUntil(WireClient client, long endNanos) throws IOException {
        Histogram micros = new Histogram(3);
        while (System.nanoTime() - endNanos < 0) {
            LockSupport.parkNanos(1_000_000);
            long startNanos = System.nanoTime();
            client.queryOne("select 1");
            micros.recordValue((System.nanoTime() - startNanos) / 1000);
        }
        return micros;
    }
}
