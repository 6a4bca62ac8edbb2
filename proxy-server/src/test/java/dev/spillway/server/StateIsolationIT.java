package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.StateActor;
import dev.spillway.testkit.StateActor.Findings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many clients make what they can of the sessions of few servers, and look in every transaction whether what they find is theirs
 * alone. {@code -Dspillway.test.seed=N} repeats a run, {@code -Dspillway.test.seconds=N} makes it longer.
 */
class StateIsolationIT {
    private static final int SECONDS = Integer.getInteger("spillway.test.seconds", 4);
    private static final int ACTORS = 10;
    private static final int WATCHERS = 4;

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    @BeforeAll
    static void createWhatActorsUse() {
        PostgresFixture.shared().execute(StateActor.schema());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void nobodyFindsWhatAnotherHasMade(int lanes) throws Exception {
        Findings findings = run(lanes, false);
        assertThat(findings.wrong()).as("seed %d", seed).isEmpty();
        assertThat(findings.lost()).as("seed %d", seed).isEmpty();
        assertThat(findings.checks()).isGreaterThan(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void norWhereClientsLeaveAndServersDie(int lanes) throws Exception {
        Findings findings = run(lanes, true);
        assertThat(findings.wrong()).as("seed %d", seed).isEmpty();
        assertThat(findings.checks()).isGreaterThan(50);
    }

    private Findings run(int lanes, boolean isRough) throws InterruptedException, java.io.IOException {
        System.out.println("state isolation, seed " + seed + ", lanes " + lanes);
        ProxyConfig config =
                RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 3).with(Settings.LANES, lanes);
        Findings findings = new Findings();
        long deadline = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < ACTORS + WATCHERS; i++) {
                StateActor actor = new StateActor(through, i, i >= ACTORS, isRough, new Random(seed + i), findings);
                threads.add(Thread.ofVirtual().start(() -> actor.run(deadline)));
            }
            Random random = new Random(seed);
            while (isRough && System.nanoTime() < deadline) {
                LockSupport.parkNanos(
                        Duration.ofMillis(50 + random.nextInt(200)).toNanos());
                PostgresFixture.shared()
                        .execute("select pg_terminate_backend(pid) from (select pid from pg_stat_activity where"
                                + " usename = 'bench' and application_name in ('', 'spillway listener') and pid"
                                + " <> pg_backend_pid() order by random() limit 1) as one");
            }
            for (Thread thread : threads) {
                thread.join(Duration.ofSeconds(60));
            }
            if (threads.stream().anyMatch(Thread::isAlive)) {
                findings.wrong("a client got no answer: " + proxy.state());
            }
        }
        return findings;
    }
}
