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
import java.time.temporal.ChronoUnit;
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
    /** In it the rude client sends all that is taken from it. */
    private static final Duration FLOOD = Duration.ofMillis(500);
    /** From then on it is just there, and reads nothing. */
    private static final Duration REST = Duration.ofSeconds(IS_THOROUGH ? 20 : 1);

    private static final int FLOODS = 3;
    private static final int OTHERS = 4;
    /** While PostgreSQL and the lane work for the rude client too; a whole turn of its statements would take longer. */
    private static final Duration FLOOD_LIMIT = Duration.ofMillis(100);
    /** Short runs are too short for the worst of a hundred to be much the same each time. */
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
            measure(threads, others, FLOOD); // warm
            Figures besideDirect = new Figures();
            Figures beside = new Figures();
            for (int flood = 0; flood < FLOODS; flood++) {
                besideDirect.measure(threads, others, direct, Duration.ZERO);
                beside.measure(threads, others, through, flood < FLOODS - 1 ? Duration.ZERO : REST);
            }
            Histogram alone = measure(threads, others, REST);
            for (WireClient other : others) {
                other.close();
            }
            compare("while it sends", beside.flooded, "while one of PostgreSQL itself does", besideDirect.flooded);
            assertThat(Duration.of(beside.flooded.getValueAtPercentile(99), ChronoUnit.MICROS))
                    .as("p99 while it sends")
                    .isLessThan(FLOOD_LIMIT);
            double ratio = compare("beside it", beside.rest, "alone", alone);
            assertThat(ratio).as("p99 beside it to p99 alone").isLessThanOrEqualTo(LIMIT);
        }
    }

    /** What the others' queries take beside a rude client. */
    private static final class Figures {
        /** While it sends, of all floods. */
        private final Histogram flooded = new Histogram(3);
        /** When nothing more was taken from it, after the last flood. */
        private Histogram rest = new Histogram(3);

        void measure(ExecutorService threads, List<WireClient> others, Endpoint to, Duration length) throws Exception {
            try (WireClient rude = WireClient.connect(to)) {
                Future<?> sending = threads.submit(() -> flood(rude));
                flooded.add(RudeNeighbourIT.measure(threads, others, FLOOD));
                rest = RudeNeighbourIT.measure(threads, others, length);
                assertThat(sending.isDone()).as("all was read").isFalse();
            }
        }
    }

    /** The ratio of the 99th percentiles, which is logged with them. */
    private static double compare(String here, Histogram one, String there, Histogram other) {
        double ratio = (double) one.getValueAtPercentile(99) / other.getValueAtPercentile(99);
        LoggerFactory.getLogger(RudeNeighbourIT.class)
                .info(
                        "others' p50 {} µs, p99 {} µs {}; {} and {} µs {}: p99 ratio {}",
                        one.getValueAtPercentile(50),
                        one.getValueAtPercentile(99),
                        here,
                        other.getValueAtPercentile(50),
                        other.getValueAtPercentile(99),
                        there,
                        ratio);
        return ratio;
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
    private static Histogram measure(ExecutorService threads, List<WireClient> others, Duration slice)
            throws Exception {
        long endNanos = System.nanoTime() + slice.toNanos();
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
