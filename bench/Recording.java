import com.sun.management.ThreadMXBean;
import dev.spillway.core.pool.PoolCounters;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * Measures what a lane does for its metrics in a transaction of one statement: an assignment, the bytes both ways, and the statement
 * and the transaction with their histograms. There is no switch that turns metrics off, so this is that work alone, in a loop whose
 * memory is in the caches of the processor: less than it costs in a proxy at work, and of its order.
 *
 * <pre>java -cp proxy-core/target/classes bench/Recording.java</pre>
 *
 * <p>As many rounds as are told, each of its own; the first ones, in which code is compiled, do not count.
 */
final class Recording {
    private static final int DURATIONS = 1 << 12;
    private static final int TRANSACTIONS = 20_000_000;
    private static final int WARM_UP = 5;
    private static final int ROUNDS = 15;

    private final long[] nanos = new long[DURATIONS];
    private final PoolCounters counters = new PoolCounters();

    /** From 20 microseconds to 20 milliseconds, most of them short. */
    private Recording() {
        SplittableRandom random = new SplittableRandom(1);
        Arrays.setAll(nanos, i -> (long) (20_000 * Math.pow(1000, Math.pow(random.nextDouble(), 3))));
    }

    public static void main(String[] arguments) {
        Recording recording = new Recording();
        recording.measure("loop alone", recording::nothing);
        recording.measure("metrics", recording::record);
        recording.measure("a look at the clock", recording::look);
    }

    /** What the loop costs that the others run in. */
    private long nothing() {
        long sum = 0;
        for (int i = 0; i < TRANSACTIONS; i++) {
            sum += nanos[i & (DURATIONS - 1)];
        }
        return sum;
    }

    private long record() {
        for (int i = 0; i < TRANSACTIONS; i++) {
            long took = nanos[i & (DURATIONS - 1)];
            counters.assignments++;
            counters.bytesReceived += 60;
            counters.bytesSent += 90;
            counters.queried(took);
            counters.transacted(took);
        }
        return counters.transactions + counters.queryTimes.count() + counters.transactionTimes.count();
    }

    /** Which statistics and time limits share; once when a statement is sent, once when it is answered. */
    private long look() {
        long sum = 0;
        for (int i = 0; i < TRANSACTIONS; i++) {
            sum += System.nanoTime();
        }
        return sum;
    }

    private void measure(String what, LongSupplier work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        double[] found = new double[ROUNDS];
        long sum = 0;
        long bytes = 0;
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            long since = System.nanoTime();
            sum += work.getAsLong();
            long took = System.nanoTime() - since;
            if (round >= 0) {
                found[round] = (double) took / TRANSACTIONS;
                bytes += threads.getCurrentThreadAllocatedBytes() - before;
            }
        }
        Arrays.sort(found);
        System.out.printf(
                "%-20s %6.2f ns (%.2f to %.2f of %d rounds), %.4f bytes each   [%d]%n",
                what,
                found[ROUNDS / 2],
                found[0],
                found[ROUNDS - 1],
                ROUNDS,
                (double) bytes / ROUNDS / TRANSACTIONS,
                sum);
    }
}
