package dev.spillway.server;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * A few seconds of chaos on one proxy, whose lanes and size of the pool come from the seed.
 *
 * <p>{@code -Dspillway.test.seed} is the seed of the first round, each other's is one more. {@code -Dspillway.test.transport} chooses
 * the transport, {@code -Dspillway.test.seconds} how long the rounds of one test go on.
 *
 * @param isSplit of what stands between, does it cut messages into pieces?
 */
record ChaosRound(long seed, PoolMode mode, int lanes, int poolSize, boolean isSplit, Duration limit) {
    private static final Duration LONGEST = Duration.ofSeconds(15);
    private static final Duration SHORTEST = Duration.ofSeconds(2);
    private static final Transport TRANSPORT = Transport.valueOf(System.getProperty("spillway.test.transport", "AUTO"));

    interface Play {
        void of(ChaosRound round) throws Exception;
    }

    /** Round after round, in all as long as asked for, else {@code seconds} or, in thorough runs, {@code thoroughSeconds}. */
    static void playAll(PoolMode mode, int seconds, int thoroughSeconds, Play play) throws Exception {
        int byDefault = Boolean.getBoolean("spillway.test.thorough") ? thoroughSeconds : seconds;
        long endNanos = System.nanoTime()
                + Duration.ofSeconds(Long.getLong("spillway.test.seconds", byDefault))
                        .toNanos();
        for (long seed = firstSeed(); ; seed++) {
            Duration left = Duration.ofNanos(endNanos - System.nanoTime());
            if (left.compareTo(SHORTEST) < 0) {
                return;
            }
            play.of(of(seed, mode, left.compareTo(LONGEST) < 0 ? left : LONGEST));
        }
    }

    private static long firstSeed() {
        return Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);
    }

    private static ChaosRound of(long seed, PoolMode mode, Duration limit) {
        SplittableRandom random = new SplittableRandom(seed); // Random begins alike for seeds that follow each other
        int lanes = 1 + random.nextInt(4);
        int poolSize = 1 + random.nextInt(5);
        return new ChaosRound(seed, mode, lanes, poolSize, random.nextBoolean(), limit);
    }

    ProxyConfig config(int serverPort) {
        return RunningProxy.config(serverPort, mode, poolSize)
                .with(Settings.TRANSPORT, TRANSPORT)
                .with(Settings.LANES, lanes);
    }

    @Override
    public String toString() {
        return "seed %d, %s, %s, lanes %d, pool %d, relay %s"
                .formatted(seed, TRANSPORT, mode, lanes, poolSize, isSplit);
    }
}
