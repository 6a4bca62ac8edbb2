package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two hundred clients of two servers listen while others notify, in and out of transactions: each hears what a direct connection
 * does, from when its LISTEN was confirmed on. {@code -Dspillway.test.seed=N} repeats a run.
 */
class ManyListenersIT {
    private static final int CLIENTS = 200;
    private static final int NOTIFIERS = 4;
    private static final int CHANNELS = 20;
    private static final int ROUNDS = 60;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    /** How many notifications were begun, by channel. */
    private final AtomicIntegerArray begun = new AtomicIntegerArray(CHANNELS);

    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private final CountDownLatch listening = new CountDownLatch(CLIENTS);

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void eachHearsAllThatIsForItOnce(int lanes) throws Exception {
        System.out.println("many listeners, seed " + seed + ", lanes " + lanes);
        ProxyConfig config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.QUERY_WAIT_TIMEOUT, LIMIT)
                .with(Settings.LANES, lanes);
        List<Client> clients = new ArrayList<>();
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient all = WireClient.connect(direct, Map.of(), LIMIT);
                WireClient last = WireClient.connect(direct, Map.of(), LIMIT)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            for (int channel = 0; channel < CHANNELS; channel++) {
                all.query("listen c" + channel);
            }
            all.query("listen fin");
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Client client = new Client(through, i);
                clients.add(client);
                threads.add(Thread.ofVirtual().start(client));
            }
            List<Thread> notifiers = new ArrayList<>();
            for (int i = 0; i < NOTIFIERS; i++) {
                Endpoint place = i == 0 ? direct : through;
                Random random = new Random(seed + CLIENTS + i);
                notifiers.add(Thread.ofVirtual().start(() -> attempt(() -> notifyAll(place, random))));
            }
            for (Thread notifier : notifiers) {
                notifier.join(LIMIT);
            }
            listening.await();
            last.query("notify fin");
            Map<String, List<String>> expected = new TreeMap<>();
            readTo("fin", all, expected);
            for (Thread thread : threads) {
                thread.join(LIMIT);
            }
            assertThat(wrong).as("seed %d", seed).isEmpty();
            clients.forEach(client -> client.compare(expected));
            assertThat(proxy.log().count("listener lost")).isZero();
            assertThat(clients.stream().mapToInt(client -> client.compared).sum())
                    .isGreaterThan(CLIENTS * 10);
        }
    }

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private void attempt(Work work) {
        try {
            work.run();
        } catch (IOException | InterruptedException | RuntimeException e) {
            wrong.add(e.toString());
        }
    }

    private String message(int channel) {
        return "notify c" + channel + ", '" + begun.getAndIncrement(channel) + "'";
    }

    /** The whole of it goes on while clients come, and for a while after the last has. */
    private void notifyAll(Endpoint place, Random random) throws IOException {
        try (WireClient client = WireClient.connect(place, Map.of(), LIMIT)) {
            for (int round = 0; round < ROUNDS || listening.getCount() > 0; round++) {
                String sql = message(random.nextInt(CHANNELS));
                client.query("select pg_sleep(0.003)"); // or whoever comes would never be through
                if (random.nextInt(3) > 0) {
                    client.query(sql);
                } else if (random.nextBoolean()) {
                    client.query("begin; " + sql + "; " + message(random.nextInt(CHANNELS)) + "; commit");
                } else {
                    client.query("begin");
                    client.query(sql);
                    client.query("commit");
                }
            }
        }
    }

    private static void readTo(String end, WireClient from, Map<String, List<String>> into) throws IOException {
        for (boolean isOver = false; !isOver; ) {
            BackendMessage next = from.readMessage();
            assertThat(next.is('A')).as(next.toString()).isTrue();
            isOver = hear(next, into).equals(end);
        }
    }

    private static String hear(BackendMessage notification, Map<String, List<String>> into) {
        byte[] body = notification.body();
        String[] both =
                new String(body, Integer.BYTES, body.length - Integer.BYTES, StandardCharsets.UTF_8).split("\0", -1);
        into.computeIfAbsent(both[0], unknown -> new ArrayList<>()).add(both[1]);
        return both[0];
    }

    private final class Client implements Runnable {
        private final Endpoint place;
        private final int number;
        private final Random random;
        private final Map<String, List<String>> heard = new TreeMap<>();
        /** The first notification that it must hear, by channel. */
        private final Map<String, Integer> since = new LinkedHashMap<>();
        /** What it has sent itself in the transaction by which it came to a channel. */
        private final Map<String, String> owns = new TreeMap<>();

        private int compared;

        Client(Endpoint place, int number) {
            this.place = place;
            this.number = number;
            this.random = new Random(seed + number);
        }

        @Override
        public void run() {
            attempt(this::listen);
        }

        private void listen() throws IOException {
            try (WireClient client = WireClient.connect(place, Map.of(), LIMIT)) {
                query(client, "listen fin", false);
                Set<Integer> channels = new TreeSet<>();
                while (channels.size() < 1 + number % 4) {
                    channels.add(random.nextInt(CHANNELS));
                }
                for (int channel : channels) {
                    begin(client, channel);
                    since.put("c" + channel, begun.get(channel));
                    work(client);
                }
                listening.countDown();
                for (int i = 0; i < 3; i++) {
                    work(client);
                }
                if (!heard.containsKey("fin")) {
                    readTo("fin", client, heard);
                }
            }
        }

        private void begin(WireClient client, int channel) throws IOException {
            switch (random.nextInt(4)) {
                case 0 -> query(client, "listen c" + channel, false);
                case 1 -> {
                    query(client, "begin", false);
                    query(client, "listen c" + channel, true);
                    query(client, "rollback", false);
                    query(client, "listen c" + channel, false);
                }
                case 2 -> {
                    query(client, "begin", false);
                    query(client, "listen c" + channel, true);
                    String own = message(channel);
                    query(client, own, true);
                    query(client, "commit", false);
                    owns.put("c" + channel, own.split("'", -1)[1]);
                }
                default -> {
                    client.send(Messages.extended("listen c" + channel), Messages.sync());
                    collect(client.readUntilReady(), false);
                }
            }
        }

        private void work(WireClient client) throws IOException {
            switch (random.nextInt(4)) {
                case 0 -> query(client, "select 1", false);
                case 1 -> {
                    query(client, "begin", false);
                    query(client, message(random.nextInt(CHANNELS)), true);
                    query(client, "select pg_sleep(0.002)", true);
                    query(client, "commit", false);
                }
                case 2 -> query(client, message(random.nextInt(CHANNELS)), false);
                default -> query(client, "set work_mem = '" + (4 + number % 3) + "MB'", false);
            }
        }

        private void query(WireClient client, String sql, boolean isInTransaction) throws IOException {
            collect(client.query(sql), isInTransaction);
        }

        private void collect(List<BackendMessage> answer, boolean isInTransaction) {
            for (BackendMessage message : answer) {
                if (message.is('A') && isInTransaction) {
                    wrong.add("in a transaction came " + message);
                } else if (message.is('A')) {
                    hear(message, heard);
                } else if (message.is('E')) {
                    wrong.add(message.toString());
                }
            }
        }

        /**
         * It has heard the last part of what a direct connection has, at least from when it was told that it listens. Before that it
         * has what it has sent itself, but not what others sent between.
         */
        void compare(Map<String, List<String>> expected) {
            heard.keySet().removeIf(channel -> channel.equals("fin"));
            assertThat(since.keySet()).as("client %d, seed %d", number, seed).containsAll(heard.keySet());
            since.forEach((channel, first) -> {
                List<String> all = expected.getOrDefault(channel, List.of());
                List<String> mine = new ArrayList<>(heard.getOrDefault(channel, List.of()));
                String own = owns.get(channel);
                if (own != null) {
                    assertThat(mine.getFirst()).isEqualTo(own);
                    mine.removeFirst();
                }
                List<String> end = all.subList(Math.max(0, all.size() - mine.size()), all.size());
                assertThat(mine)
                        .as("client %d, channel %s, seed %d", number, channel, seed)
                        .isEqualTo(end);
                List<String> missing =
                        all.stream().filter(id -> Integer.parseInt(id) >= first).toList();
                assertThat(mine)
                        .as("client %d, channel %s, since %d, seed %d", number, channel, first, seed)
                        .containsAll(missing);
                compared += mine.size();
            });
        }
    }
}
