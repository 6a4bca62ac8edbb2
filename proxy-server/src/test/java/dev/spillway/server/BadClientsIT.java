package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.BadInput;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that do what none should: an error where the protocol allows one, then the end, and nobody else notices. */
class BadClientsIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int RUBBISH = Boolean.getBoolean("spillway.test.thorough") ? 3000 : 150;
    private static final Pattern DROPPED = Pattern.compile("lines dropped count=(\\d+): client broke the protocol .*");
    private static final Set<String> REFUSALS = Set.of("08P01", "28000", "22023", "28P01");

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    /** What a client is in the middle of when it sends what it should not. */
    enum Middle {
        IDLE,
        TRANSACTION,
        FAILED_TRANSACTION,
        EXTENDED_GROUP,
        COPY_IN;

        byte[] begin() {
            return switch (this) {
                case IDLE -> Messages.query("select 1");
                case TRANSACTION -> Messages.query("begin; select 1");
                case FAILED_TRANSACTION -> Messages.query("begin; select 1/0");
                case EXTENDED_GROUP -> Messages.join(Messages.extended("select 1"), Messages.flush());
                case COPY_IN -> Messages.query("copy bad_input from stdin");
            };
        }

        String replies() {
            return switch (this) {
                case IDLE -> "TDCZ";
                case TRANSACTION -> "CTDCZ";
                case FAILED_TRANSACTION -> "CEZ";
                case EXTENDED_GROUP -> "12TDC";
                case COPY_IN -> "G";
            };
        }

        char lastReply() {
            return switch (this) {
                case IDLE, TRANSACTION, FAILED_TRANSACTION -> 'Z';
                case EXTENDED_GROUP -> 'C';
                case COPY_IN -> 'G';
            };
        }
    }

    @BeforeAll
    static void createTable() {
        PostgresFixture.shared().execute("create table if not exists bad_input (v text)");
    }

    @Test
    void whatIsNoStartupPacketIsRefused() throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2));
                Bystander bystander = new Bystander(through(proxy))) {
            for (Map.Entry<String, byte[]> bad : BadInput.insteadOfStartup().entrySet()) {
                try (WireClient client = WireClient.open(through(proxy), LIMIT)) {
                    client.send(bad.getValue());
                    assertRefused(bad.getKey(), client);
                }
                try (WireClient client = WireClient.open(through(proxy), LIMIT)) {
                    client.send(Messages.sslRequest());
                    assertThat(client.readByte()).isEqualTo('N');
                    client.send(bad.getValue());
                    assertRefused("after SSLRequest: " + bad.getKey(), client);
                }
            }
            assertUndisturbed(proxy, bystander);
        }
    }

    /** Some drivers say goodbye on a connection on which they have not begun. */
    @Test
    void whoLeavesBeforeItHasBegunIsNotTold() throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2))) {
            try (WireClient client = WireClient.open(through(proxy), LIMIT)) {
                client.send(Messages.terminate());
                assertThat(client.readUntilClosed()).isEmpty();
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = AuthType.class,
            names = {"MD5", "SCRAM_SHA_256", "PLAIN"})
    void whatIsNoPasswordIsRefused(AuthType method) throws Exception {
        ProxyConfig config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.AUTH_TYPE, method)
                .with(UserConfig.named(direct.user()).with(UserSettings.PASSWORD, Secret.of("sesame")));
        try (RunningProxy proxy = new RunningProxy(config)) {
            for (Map.Entry<String, byte[]> bad : BadInput.insteadOfPassword().entrySet()) {
                try (WireClient client = WireClient.open(through(proxy), LIMIT)) {
                    client.send(startup());
                    assertThat(client.readMessage().is('R')).isTrue();
                    client.send(bad.getValue());
                    assertRefused(bad.getKey(), client);
                }
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Middle.class)
    void whatIsNoMessageEndsALoggedInClient(Middle middle) throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 3));
                Bystander bystander = new Bystander(through(proxy))) {
            for (Map.Entry<String, byte[]> bad : BadInput.insteadOfQuery().entrySet()) {
                try (WireClient client = in(middle, through(proxy))) {
                    client.send(bad.getValue());
                    assertRefused(middle + ": " + bad.getKey(), client);
                }
            }
            await().untilAsserted(() -> assertThat(violations(proxy.log().lines()))
                    .isEqualTo(BadInput.insteadOfQuery().size()));
            assertUndisturbed(proxy, bystander);
        }
    }

    /** How many clients the log says broke the protocol, in lines of their own or as a number of lines that were dropped. */
    private static long violations(List<String> log) {
        long said = log.stream()
                .filter(line -> line.startsWith("client broke the protocol"))
                .count();
        return said
                + log.stream()
                        .map(DROPPED::matcher)
                        .filter(Matcher::matches)
                        .mapToLong(dropped -> Long.parseLong(dropped.group(1)))
                        .sum();
    }

    @Test
    void rubbishAndHalvesOfMessagesDisturbNobody() throws Exception {
        Random random = new Random(seed);
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 3));
                Bystander bystander = new Bystander(through(proxy))) {
            for (int i = 0; i < RUBBISH; i++) {
                Middle middle = Middle.values()[random.nextInt(Middle.values().length)];
                boolean isFresh = random.nextInt(4) == 0;
                try (WireClient client =
                        isFresh ? WireClient.open(through(proxy), LIMIT) : in(middle, through(proxy))) {
                    client.sendSlowly(BadInput.rubbish(random), 1 + random.nextInt(50));
                    if (random.nextBoolean()) {
                        client.reset();
                    }
                } catch (SocketException closedAlready) {
                    assertThat(closedAlready)
                            .as("seed %d", seed)
                            .hasMessageMatching("(Broken pipe|Connection reset).*");
                }
            }
            assertUndisturbed(proxy, bystander);
        }
    }

    @Test
    void packetThatOutgrowsItsLengthIsRefusedAndNothingLeaks() throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2))) {
            try (WireClient client = WireClient.open(through(proxy), LIMIT)) {
                client.send(BadInput.int32(9_000, Messages.PROTOCOL_3_0));
                await().pollDelay(Duration.ofMillis(50)).until(() -> true); // a read of its own
                client.sendSlowly(new byte[64 * 1024], 64 * 1024);
                assertRefused("packet and 64 KiB", client);
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void waitingClientIsToldOfItsWaitAndThenOfItsMistake() throws Exception {
        ProxyConfig config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1)
                .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofMillis(300));
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient owner = WireClient.connect(through(proxy));
                WireClient waiting = WireClient.connect(through(proxy))) {
            owner.query("begin");
            waiting.send(Messages.query("select 1"), BadInput.header('Q', 3));
            List<BackendMessage> said = untilClosed(waiting);
            assertThat(said).extracting(BackendMessage::type).containsExactly('E', 'Z', 'E');
            assertThat(said.getFirst().sqlState()).isEqualTo("53000");
            assertThat(said.getLast().sqlState()).isEqualTo("08P01");
            assertThat(owner.query("commit")).hasSize(2);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void clientsThatSayNothingAreSentAway() throws Exception {
        ProxyConfig config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1)
                .with(Settings.TCP_DEFER_ACCEPT, false) // or the system would keep the silent one back
                .with(Settings.CLIENT_LOGIN_TIMEOUT, Duration.ofSeconds(1));
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient silent = WireClient.open(through(proxy), LIMIT);
                WireClient slow = WireClient.open(through(proxy), LIMIT)) {
            slow.send(BadInput.int32(100));
            for (WireClient client : List.of(silent, slow)) {
                List<BackendMessage> said = untilClosed(client);
                assertThat(said)
                        .singleElement()
                        .satisfies(e -> assertThat(e.sqlState()).isEqualTo("28000"));
                assertThat(said.getFirst().errorText()).startsWith("client_login_timeout");
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void oneByteAtATimeIsAConversation() throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1));
                WireClient client = WireClient.open(through(proxy), LIMIT)) {
            client.sendSlowly(Messages.sslRequest(), 1);
            assertThat(client.readByte()).isEqualTo('N');
            client.sendSlowly(startup(), 1);
            assertThat(client.readUntilReady().getLast().status()).isEqualTo('I');
            client.sendSlowly(
                    Messages.join(
                            Messages.query("begin"),
                            Messages.extended("select $1::text", "drop by drop"),
                            Messages.sync(),
                            Messages.query("copy bad_input from stdin"),
                            Messages.copyData("a\n"),
                            Messages.copyDone(),
                            Messages.query("rollback")),
                    1);
            StringBuilder types = new StringBuilder();
            for (int i = 0; i < 4; i++) {
                client.readUntilReady().forEach(message -> types.append(message.type()));
            }
            assertThat(types.toString()).isEqualTo("CZ12TDCZGCZCZ");
        }
    }

    @Test
    void clientThatAsksForSyncsAndReadsNothingIsNoLongerRead() throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1));
                Bystander bystander = new Bystander(through(proxy));
                WireClient flood = WireClient.connect(through(proxy))) {
            byte[] syncs =
                    Messages.join(Stream.generate(Messages::sync).limit(10_000).toList());
            AtomicBoolean isThrough = new AtomicBoolean();
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 2000; i++) {
                        flood.send(syncs);
                    }
                    isThrough.set(true);
                } catch (IOException closedByTheTest) {
                    // as it should be
                }
            });
            await().during(Duration.ofSeconds(1)).atMost(LIMIT).until(() -> !isThrough.get());
            flood.reset();
            writer.join();
            assertThat(isThrough).as("100 MB of Syncs were taken").isFalse();
            assertUndisturbed(proxy, bystander);
        }
    }

    private byte[] startup() {
        return Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", direct.user(), "database", direct.database()));
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    private static WireClient in(Middle middle, Endpoint endpoint) throws IOException {
        WireClient client = WireClient.connect(endpoint);
        client.send(middle.begin());
        List<BackendMessage> said = new ArrayList<>();
        do {
            said.add(client.readMessage());
        } while (!said.getLast().is(middle.lastReply()));
        StringBuilder types = new StringBuilder();
        said.forEach(message -> types.append(message.type()));
        assertThat(types.toString()).as("%s: %s", middle, said).isEqualTo(middle.replies());
        return client;
    }

    /** As PostgreSQL does: a driver that is ended before it is connected would take an answer for a fault. */
    @Test
    void whoLeavesBeforeBeginningIsNotAnswered() throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2))) {
            for (Endpoint end : List.of(direct, through(proxy))) {
                try (WireClient client = WireClient.open(end, LIMIT)) {
                    client.send(Messages.terminate());
                    assertThat(untilClosed(client)).isEmpty();
                }
            }
        }
    }

    private void assertRefused(String what, WireClient client) throws IOException {
        List<BackendMessage> said = untilClosed(client);
        assertThat(said).as(what).isNotEmpty();
        BackendMessage last = said.getLast();
        assertThat(last.is('E')).as("%s: %s", what, said).isTrue();
        assertThat(last.isFatal()).as("%s: %s", what, last).isTrue();
        assertThat(REFUSALS).as("%s: %s", what, last).contains(last.sqlState());
    }

    /** A connection may end with a reset where we sent more than was read. */
    private static List<BackendMessage> untilClosed(WireClient client) throws IOException {
        List<BackendMessage> said = new ArrayList<>();
        try {
            while (true) {
                said.add(client.readMessage());
            }
        } catch (EOFException | SocketException closed) {
            return said;
        }
    }

    private void assertUndisturbed(RunningProxy proxy, Bystander bystander) throws Exception {
        bystander.assertServed();
        await().atMost(Duration.ofSeconds(5))
                .until(() -> proxy.servers(through(proxy), "active") == 0
                        && proxy.servers(through(proxy), "tested") == 0
                        && proxy.servers(through(proxy), "being_canceled") == 0);
        assertThat(proxy.log().defects()).as("seed %d", seed).isEmpty();
    }

    /** A client that asks and asks, and must always get its own answer. */
    private static final class Bystander implements AutoCloseable {
        private final WireClient client;
        private final Thread thread;
        private volatile boolean isOver;
        private volatile int answers;
        private volatile String trouble = "";

        Bystander(Endpoint endpoint) throws IOException {
            client = WireClient.connect(endpoint);
            thread = Thread.ofVirtual().start(this::ask);
        }

        private void ask() {
            try {
                for (int i = 0; !isOver && trouble.isEmpty(); i++) {
                    String answer = client.queryOne("select " + i);
                    if (!answer.equals(Integer.toString(i))) {
                        trouble = "asked for " + i + ", got " + answer;
                    }
                    answers = i;
                }
            } catch (IOException e) {
                trouble = e.toString();
            }
        }

        void assertServed() throws InterruptedException {
            int before = answers;
            await().until(() -> answers > before || !trouble.isEmpty());
            isOver = true;
            thread.join();
            assertThat(trouble).isEmpty();
        }

        @Override
        public void close() throws IOException {
            isOver = true;
            client.close();
        }
    }
}
