package dev.spillway.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.Settings;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Layer (c): a pool's situations, event by event.
 *
 * <p>Clients have numbers (9 waits for 10 seconds at most, 0 goes first), servers letters in the order they are opened. {@code 1} arrives, {@code 1-} leaves; {@code
 * 1=x} arrives and wants state x; {@code open}, {@code fail} and {@code final} are how the oldest opening ends; {@code a!}
 * gives back, {@code a!x} with state x, {@code a#} closes; {@code +5s} lets time pass, and ticks. The outcome tells who
 * got what ({@code 1:a}, {@code 1:wait} a timeout, {@code 1:final}) and what was closed, in order; then the figures
 * open/opening/idle/waiting.
 */
class PoolTest {
    private final VirtualTime time = new VirtualTime();
    private final List<String> seen = new ArrayList<>();
    private final TreeMap<String, FakeServer> servers = new TreeMap<>();
    private final TreeMap<String, Waiter<FakeServer>> waiters = new TreeMap<>();

    /** Size 2 and 1 in reserve; times in seconds: reserve 5, wait 120, idle 600, lifetime 3600, retry 15. */
    private Pool<FakeServer> pool = pool(3600);

    private Pool<FakeServer> pool(int lifetimeSeconds) {
        return pool(limits().with(Settings.SERVER_LIFETIME, Duration.ofSeconds(lifetimeSeconds)));
    }

    private static Pool<FakeServer> pool(Limits limits) {
        return NoCrossing.pool("db/user", limits.build(), () -> {});
    }

    private static Limits limits() {
        return Limits.of(2)
                .with(Settings.RESERVE_POOL_SIZE, 1)
                .with(Settings.RESERVE_POOL_TIMEOUT, Duration.ofSeconds(5))
                .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofMinutes(2))
                .with(Settings.SERVER_IDLE_TIMEOUT, Duration.ofMinutes(10))
                .with(Settings.SERVER_LOGIN_RETRY, Duration.ofSeconds(15));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a client that finds nothing has a server opened | 1                          |                 |"
                        + " 0/1/0/1",
                "it gets it once it is open                      | 1 open                     | 1:a             |"
                        + " 1/0/0/0",
                "an idle server is there at once                 | 1 open a! 2                | 1:a 2:a         |"
                        + " 1/0/0/0",
                "a released server goes to the oldest            | 1 open 2 3 a!              | 1:a 2:a         |"
                        + " 1/1/0/1",
                "one that goes first is served before them       | 1 open 2 3 0 a! a!         | 1:a 0:a 2:a     |"
                        + " 1/1/0/1",
                "a client that has left is not served            | 1 open 2 3 2- a!           | 1:a 3:a         |"
                        + " 1/1/0/0",
                "an opening that nobody waits for becomes idle   | 1 1- open                  |                 |"
                        + " 1/0/1/0",
                "no more than the size are opened                | 1 2 3                      |                 |"
                        + " 0/2/0/3",
                "one that is lost is replaced while someone waits | 1 2 3 open open a#        | 1:a 2:b -a      |"
                        + " 1/1/0/1",
                "one that is lost is not replaced otherwise      | 1 open a! a#               | 1:a -a          |"
                        + " 0/0/0/0",
                "newest idle server first                        | 1 2 open open a! b! 3      | 1:a 2:b 3:b     |"
                        + " 2/0/1/0",
                "a server with the wanted state before any other | 1 2 open open a!x b!y 3=x  | 1:a 2:b 3:a     |"
                        + " 2/0/1/0",
                "the reserve waits for the reserve timeout       | 1 2 3 open open +5s        | 1:a 2:b         |"
                        + " 2/0/0/1",
                "and is opened after it                          | 1 2 3 open open +5s +1s    | 1:a 2:b         |"
                        + " 2/1/0/1",
                "a wait ends after its timeout                   | 1 +120s +1s                | 1:wait          |"
                        + " 0/1/0/0",
                "only that of those who waited so long           | 1 +60s 2 +61s              | 1:wait          |"
                        + " 0/2/0/1",
                "a client may have a timeout of its own          | 1 9 2 +10s +1s             | 9:wait          |"
                        + " 0/3/0/2",
                "a final error fails all at once                 | 1 2 3 final                | 1:final 2:final"
                        + " 3:final | 0/1/0/0",
                "another error fails nobody                      | 1 2 3 fail                 |                 |"
                        + " 0/1/0/3",
                "and the next attempt waits                      | 1 fail +0s                 |                 |"
                        + " 0/0/0/1",
                "for 50 ms at most at first                      | 1 fail +0.05s              |                 |"
                        + " 0/1/0/1",
                "for a quarter of its absence at most then       | 1 fail +1s fail +0.124s    |                 |"
                        + " 0/0/0/1",
                "PostgreSQL is down, then up                     | 1 2 fail fail +1s open     | 1:a             |"
                        + " 1/0/0/1",
                "and all goes on                                 | 1 2 fail fail +1s open +1s open | 1:a 2:b    |"
                        + " 2/0/0/0",
                "an idle server is kept for the idle timeout     | 1 open a! +600s            | 1:a             |"
                        + " 1/0/1/0",
                "and closed after it                             | 1 open a! +601s            | 1:a -a          |"
                        + " 0/0/0/0",
                "one in use is never too long idle               | 1 open +601s               | 1:a             |"
                        + " 1/0/0/0",
                "one that is too old is closed at release        | 1 open +3601s a!           | 1:a -a          |"
                        + " 0/0/0/0",
                "and another opened for who waits                | 1 open +3601s 2 3 a!       | 1:a -a          |"
                        + " 0/2/0/2",
            })
    void situationsEndAsTheyShould(String name, String events, String outcome, String figures) {
        play(events);
        assertThat(String.join(" ", seen)).isEqualTo(outcome == null ? "" : outcome);
        assertThat(figures()).isEqualTo(figures);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "with a lifetime of zero each release closes | 1 open +1s a!   | 1:a -a | 0/0/0/0",
                "but the one who waited for it gets it       | 1 open +1s      | 1:a    | 1/0/0/0",
            })
    void lifetimeOfZeroIsOneUse(String name, String events, String outcome, String figures) {
        pool = pool(0);
        situationsEndAsTheyShould(name, events, outcome, figures);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nobody waits: it is closed                      | 1 open +3400s a!                | 1:a -a      |"
                        + " 0/0/0/0",
                "who waited has left                             | 1 open +3400s 2 2- a!           | 1:a -a      |"
                        + " 0/1/0/0",
                "someone waits for another that is being opened  | 1 open +3400s 2 3 a!            | 1:a 2:a     |"
                        + " 1/1/0/1",
                "for as long as it may                           | 1 open +3601s 2 3 a!            | 1:a -a      |"
                        + " 0/2/0/2",
                "and none is being opened                        | 1 2 open open +3400s 3 a!       | 1:a 2:b -a  |"
                        + " 1/1/0/1",
                "then the next stays meanwhile                   | 1 2 open open +3400s 3 a! b!    | 1:a 2:b -a"
                        + " 3:b | 1/1/0/0",
            })
    void oneThatMayBeClosedEarlyWorksOnWhileAnotherIsOpened(
            String name, String events, String outcome, String figures) {
        time.nanos = 307_200_000_000_000L; // what is opened now may be closed 300 s before its time
        situationsEndAsTheyShould(name, events, outcome, figures);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "one that was not idle for long is not checked | 1 open a! +30s 2            | 1:a 2:a         |"
                        + " 1/0/0/0",
                "one that was is, and nobody has it meanwhile | 1 open a! +31s 2             | 1:a ?a          |"
                        + " 1/0/0/1",
                "it goes to the client if it answers          | 1 open a! +31s 2 a!          | 1:a ?a 2:a      |"
                        + " 1/0/0/0",
                "else another is opened                       | 1 open a! +31s 2 a#          | 1:a ?a -a       |"
                        + " 0/1/0/1",
                "not while it may answer in a moment          | 1 open a! +31s 2 +0.1s       | 1:a ?a          |"
                        + " 1/0/0/1",
                "but then                                     | 1 open a! +31s 2 +0.3s       | 1:a ?a          |"
                        + " 1/1/0/1",
                "one is checked for one client                | 1 2 open open a! b! +31s 3   | 1:a 2:b ?b      |"
                        + " 2/0/1/1",
                "and another where the first is silent        | 1 2 open open a! b! +31s 3 +1s | 1:a 2:b ?b ?a |"
                        + " 2/0/0/1",
                "who leaves meanwhile does not get it         | 1 open a! +31s 2 2- a!       | 1:a ?a          |"
                        + " 1/0/1/0",
            })
    void serversThatWereIdleForLongAreCheckedFirst(String name, String events, String outcome, String figures) {
        pool = pool(limits().with(Settings.SERVER_CHECK_DELAY, Duration.ofSeconds(30)));
        situationsEndAsTheyShould(name, events, outcome, figures);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "who waits is told once it takes long | 1 +5s +1s              | 1:long          | 0/1/0/1",
                "who has just come is not             | 1 +5s 2 +1s            | 1:long          | 0/2/0/2",
            })
    void longWaitsAreTold(String name, String events, String outcome, String figures) {
        pool = pool(limits().with(Settings.QUERY_WAIT_NOTIFY, Duration.ofSeconds(5)));
        situationsEndAsTheyShould(name, events, outcome, figures);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "nobody waits for a server that is down       | 1 2 fail fail          | 1:final 2:final | 0/0/0/0",
                "nor comes to wait                            | 1 fail 2 +0s           | 1:final 2:final | 0/0/0/0",
                "where one is open, clients wait for it       | 1 open 2 fail          | 1:a             | 1/0/0/1",
                "once it is up they are served                | 1 fail 2 +0.1s 3 open  | 1:final 2:final 3:a | 1/0/0/0",
            })
    void failFastIsForServersThatAreDown(String name, String events, String outcome, String figures) {
        pool = pool(limits().with(Settings.FAIL_FAST, true));
        situationsEndAsTheyShould(name, events, outcome, figures);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "who is one too many fails, the newest first    | 1 2 3 4 5 +0s             | 5:wait 4:wait   |"
                        + " 0/2/0/3",
                "who leaves makes room                          | 1 2 3 4 4- +0s            |                 |"
                        + " 0/2/0/3",
            })
    void noMoreThanMaxWaitingWait(String name, String events, String outcome, String figures) {
        pool = pool(limits().with(CapacitySettings.MAX_WAITING, 3));
        situationsEndAsTheyShould(name, events, outcome, figures);
    }

    @Test
    void theMinimumIsKeptHoweverLongItIsIdle() {
        pool = pool(limits().with(Settings.MIN_POOL_SIZE, 1));
        play("open 1 2 open a! b! +601s");
        assertThat(figures()).isEqualTo("1/0/1/0");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "the reserve is closed when nobody has needed it for its timeout | 1 2 open open 3 +6s open a! b! c!"
                        + " +6s | 1:a 2:b 3:c -a | 2/0/2/0",
                "not earlier                                                     | 1 2 open open 3 +6s open a! b! c!"
                        + " +4s | 1:a 2:b 3:c    | 3/0/3/0",
                "what the pool has without it stays                              | 1 2 open open a! b! +60s           "
                        + "  | 1:a 2:b        | 2/0/2/0",
            })
    void theReserveIsGivenBack(String name, String events, String outcome, String figures) {
        situationsEndAsTheyShould(name, events, outcome, figures);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "whoever waits for it waits on                  | 1 2 full full            |                 | 0/0/0/2",
                "one is tried after a pause, not two            | 1 2 full full +0.1s      |                 | 0/1/0/2",
                "as many as there are may be opened again       | 1 2 open full a# +0s     | 1:a -a          | 0/1/0/1",
                "and no more before the pause is over           | 1 2 open full +0.02s     | 1:a             | 1/0/0/1",
                "but one then                                   | 1 2 open full +1s        | 1:a             | 1/1/0/1",
                "where one has succeeded the next goes at once  | 1 2 full full +0.1s open | 1:a             | 1/1/0/1",
                "a wait may end meanwhile                       | 1 full +121s             | 1:wait          | 0/0/0/0",
            })
    void noClientFailsSinceThereAreTooManyConnections(String name, String events, String outcome, String figures) {
        pool = pool(limits().with(Settings.FAIL_FAST, true));
        situationsEndAsTheyShould(name, events, outcome, figures);
    }

    @Test
    void aWaitThatTakesTooLongEndsTheClientWhereThatIsAsked() {
        pool = pool(limits().with(Settings.QUERY_WAIT_TIMEOUT_FATAL, true));
        play("1 +121s");
        assertThat(seen).containsExactly("1:fatal");
    }

    @RepeatedTest(20)
    void pausesGrowToTheRetryTimeAndAreJittered() {
        play("1");
        Duration down = Duration.ZERO;
        for (int failure = 1; failure <= 40; failure++) {
            Duration most = down.dividedBy(4);
            most = most.compareTo(Duration.ofMillis(50)) < 0 ? Duration.ofMillis(50) : most;
            most = most.compareTo(Duration.ofSeconds(15)) > 0 ? Duration.ofSeconds(15) : most;
            play("fail");
            pass(most.dividedBy(2).minusNanos(1));
            assertThat(pool.opening()).as("before half of %s", most).isZero();
            pass(most.minus(most.dividedBy(2)).plusNanos(1));
            keepWaiting();
            assertThat(pool.opening()).as("after %s", most).isOne();
            down = down.plus(most);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {100, 450, 1_000, 2_000, 10_000})
    void whatHasComeBackIsFoundSoon(long downMillis) {
        for (int repetition = 0; repetition < 50; repetition++) {
            pool = pool(3600);
            play("1");
            long late = -downMillis;
            for (; late < 0 || pool.opening() == 0; late += 10) {
                if (pool.opening() > 0) {
                    play("fail");
                }
                pass(Duration.ofMillis(10));
            }
            assertThat(late).as("ms after %d ms", downMillis).isLessThanOrEqualTo(60 + downMillis / 4);
            play("open");
        }
    }

    @Test
    void attemptsThatFailTogetherMakeOnePause() {
        play("1 2 3 fail fail");
        pass(Duration.ofMillis(50));
        assertThat(pool.opening()).as("attempts after the first pause").isOne();
    }

    /** The first may have reached its timeout: another takes its place. */
    private void keepWaiting() {
        if (pool.waiting() == 0) {
            play("1");
        }
    }

    private void play(String events) {
        for (String event : events.split(" +", -1)) {
            play1(event);
        }
    }

    private void play1(String event) {
        char first = event.charAt(0);
        switch (event) {
            case "open" -> {
                String name = String.valueOf((char) ('a' + servers.size()));
                FakeServer server = new FakeServer(name, pool, time);
                servers.put(name, server);
                pool.onOpened(server, time.nanos);
            }
            case "full" ->
                pool.onOpenFailed(
                        ErrorFields.of("FATAL", "53300", "too many").with('R', "InitProcess"), false, time.nanos);
            case "fail", "final" ->
                pool.onOpenFailed(ErrorFields.of("FATAL", "57P03", "down"), event.equals("final"), time.nanos);
            default -> {
                if (first == '+') {
                    pass(Duration.ofMillis((long) (Double.parseDouble(event.substring(1, event.length() - 1)) * 1000)));
                } else if (Character.isDigit(first)) {
                    onClient(event);
                } else {
                    onServer(event.substring(0, 1), event.substring(1));
                }
            }
        }
        noteClosed();
    }

    private void pass(Duration duration) {
        time.pass(duration);
        pool.tick(time.nanos, true);
    }

    private void onClient(String event) {
        String name = event.substring(0, 1);
        Waiter<FakeServer> waiter = waiters.computeIfAbsent(name, Noted::new);
        if (event.endsWith("-")) {
            pool.leave(waiter);
            return;
        }
        FakeServer free = pool.acquire(event.substring(1), time.nanos);
        if (free == null) {
            pool.enqueue(waiter, time.nanos);
        } else {
            waiter.onServed(free);
        }
    }

    private void onServer(String name, String event) {
        FakeServer server = servers.get(name);
        assertThat(server).as(name).isNotNull();
        if (server == null) {
            return;
        }
        if (event.equals("#")) {
            server.close("lost");
        } else {
            server.affinity = event.replace('!', '=');
            server.giveBack();
        }
    }

    private void noteClosed() {
        servers.forEach((name, server) -> {
            if (server.checks > 0 && !seen.contains("?" + name)) {
                seen.add("?" + name);
            }
            if (server.isClosed() && !seen.contains("-" + name)) {
                seen.add("-" + name);
            }
        });
    }

    private String figures() {
        return new StringJoiner("/")
                .add(String.valueOf(pool.open()))
                .add(String.valueOf(pool.opening()))
                .add(String.valueOf(pool.idle()))
                .add(String.valueOf(pool.waiting()))
                .toString();
    }

    /** A waiter that writes down what becomes of it. */
    private final class Noted implements Waiter<FakeServer> {
        private final String name;

        Noted(String name) {
            this.name = name;
        }

        @Override
        public void onServed(FakeServer server) {
            seen.add(name + ":" + server);
        }

        @Override
        public void onWaitFailed(ErrorFields error, boolean isFinal) {
            boolean isWait = error.sqlstate().equals("53000");
            assertThat(isWait || error.sqlstate().equals("57P03")).isTrue();
            seen.add(name + ":" + (isWait ? isFinal ? "fatal" : "wait" : "final"));
        }

        @Override
        public void onLongWait(ErrorFields notice) {
            assertThat(notice.severity()).isEqualTo("NOTICE");
            if (!seen.contains(name + ":long")) {
                seen.add(name + ":long");
            }
        }

        @Override
        public Duration waitTimeout(Duration usual) {
            return name.equals("9") ? Duration.ofSeconds(10) : usual;
        }

        @Override
        public boolean goesFirst() {
            return name.equals("0");
        }
    }
}
