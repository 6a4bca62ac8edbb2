package dev.spillway.server.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.spillway.core.auth.ClientAuth;
import dev.spillway.core.auth.KeyDerivation;
import dev.spillway.core.auth.PasswordQuestion;
import dev.spillway.core.auth.RandomBytes;
import dev.spillway.core.auth.ServerAuth;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.pool.PoolLimits;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.StartupPacket;
import dev.spillway.core.session.ClientIdentity;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ConnectionLog;
import dev.spillway.core.session.FakeLog;
import dev.spillway.core.session.IgnoredParameters;
import dev.spillway.core.session.Proof;
import dev.spillway.core.session.ServerLogin;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.SessionPorts;
import dev.spillway.core.session.StartupRequest;
import dev.spillway.core.session.TimeLimits;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.core.session.Wire;
import dev.spillway.core.session.prepared.StatementStore;
import dev.spillway.testkit.BadInput;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.ScriptedServer;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Clients and servers that send right messages in a wrong order, and now and then wrong ones, cut at random places: no exception
 * comes out of a session, no server is forgotten by its pool, and no buffer leaks.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of an embedded channel: done on return
class SessionFuzzTest {
    private static final int RUNS = Boolean.getBoolean("spillway.test.thorough") ? 100_000 : 500;
    private static final int CLIENTS = 4;

    @Test
    void wrongOrderNeverThrowsAndNeverLosesAServer() {
        long first = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);
        try (LogTap log = new LogTap()) {
            for (long seed = first; seed < first + RUNS; seed++) {
                Run run = new Run(seed);
                assertThatCode(run::play).as("seed %d", seed).doesNotThrowAnyException();
                assertThat(log.defects()).as("seed %d", seed).isEmpty();
            }
        }
    }

    private static final class Run implements SessionPorts, ClientLogin.Reception {
        private final long seed;
        private final Random random;
        private final List<EmbeddedChannel> clients = new ArrayList<>();
        private final List<EmbeddedChannel> servers = new ArrayList<>();
        private final Deque<EmbeddedChannel> pending = new ArrayDeque<>();
        private final Deque<CancelEnd> cancels = new ArrayDeque<>();
        private final Deque<Moved> moves = new ArrayDeque<>();
        private final ServerPool pool;
        private final String connectQuery;
        private final FakeLog log = new FakeLog();
        private final StatementStore statements = new StatementStore();
        private long now = 1;

        Run(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            this.connectQuery = random.nextBoolean() ? "" : "set a.b = 1";
            PoolMode mode = List.of(PoolMode.values()).get(random.nextInt(PoolMode.values().length));
            Duration second = Duration.ofSeconds(1);
            PoolLimits limits = Limits.of(1 + random.nextInt(2))
                    .with(Settings.QUERY_WAIT_TIMEOUT, second)
                    .with(Settings.SERVER_LOGIN_RETRY, second)
                    .with(Settings.QUERY_WAIT_NOTIFY, Duration.ofMillis(random.nextInt(2) * 500L))
                    .with(Settings.SERVER_CHECK_DELAY, Duration.ofMillis(random.nextInt(2) * 500L))
                    .build();
            this.pool = NoCrossing.pool("fuzz/u", mode, "DISCARD ALL", limits, this::open);
        }

        @Override
        public StatementStore statements() {
            return statements;
        }

        private void open() {
            ServerAuth auth = ServerAuth.of("u", null, RandomBytes.secure());
            servers.add(new EmbeddedChannel(new ConnectionHandler(
                    wire -> new ServerLogin(wire, this, pool, auth, Map.of("user", "u"), connectQuery))));
            pending.addLast(servers.getLast());
        }

        void play() {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new EmbeddedChannel(new ConnectionHandler(wire -> new ClientLogin(wire, this, this))));
                String zone = random.nextBoolean() ? "UTC" : "Asia/Tokyo";
                feed(clients.get(i), Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", "u", "TimeZone", zone)));
            }
            for (int step = 0; step < 60; step++) {
                step();
            }
            clients.forEach(EmbeddedChannel::close);
            closeServers();
            // the end of a server that was stuck is asked for even after it, for as long as a client would wait
            now += 2_000_000_000L;
            pool.pool().tick(now, true);
            closeServers();
            clients.forEach(EmbeddedChannel::finishAndReleaseAll);
            servers.forEach(EmbeddedChannel::finishAndReleaseAll);
            assertThat(pool.servers()).as("seed %d", seed).isEmpty();
            assertThat(pool.pool().open()).as("seed %d", seed).isZero();
            assertThat(pool.pool().idle()).as("seed %d", seed).isZero();
            assertThat(pool.pool().waiting()).as("seed %d", seed).isZero();
        }

        /** While one is closed another may be opened. */
        private void closeServers() {
            for (int i = 0; i < servers.size(); i++) {
                servers.get(i).close();
            }
        }

        private void step() {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> feed(clients.get(random.nextInt(CLIENTS)), request());
                case 3, 4, 5 -> {
                    EmbeddedChannel greeted = pending.pollFirst();
                    if (greeted != null) {
                        feed(greeted, ScriptedServer.greeting());
                    } else if (!servers.isEmpty()) {
                        feed(servers.get(random.nextInt(servers.size())), reply());
                    }
                }
                case 6 -> {
                    CancelEnd end = cancels.pollFirst();
                    if (end != null) {
                        end.ended(random.nextInt(4) != 0);
                    }
                    Moved move = moves.pollFirst();
                    if (move != null) {
                        move.moved(random.nextInt(4) == 0 ? ErrorFields.of("ERROR", "25006", "no") : null);
                    }
                }
                default -> {
                    now += random.nextInt(400_000_000);
                    pool.pool().tick(now, true);
                    List.copyOf(pool.servers()).forEach(server -> server.tick(now, 2_000_000_000L));
                    if (random.nextInt(10) == 0) {
                        clients.get(random.nextInt(CLIENTS)).close();
                    }
                }
            }
        }

        private byte[] request() {
            return switch (random.nextInt(14)) {
                case 0, 1 -> Messages.query("select 1");
                case 2 -> Messages.query("begin");
                case 3 -> Messages.extended("select 1");
                case 4, 5 -> Messages.sync();
                case 6 -> Messages.flush();
                case 7 -> Messages.copyData("a\n");
                case 8 -> Messages.copyDone();
                case 9 -> Messages.copyFail("no");
                case 10 -> Messages.functionCall(177, "3", "4");
                case 11 -> Messages.query("select '" + "x".repeat(20_000) + "'");
                case 12 -> Messages.closeStatement("s");
                default -> random.nextInt(4) == 0 ? BadInput.rubbish(random) : Messages.describeStatement("");
            };
        }

        private byte[] reply() {
            byte[] select = Messages.join(ScriptedServer.rowDescription(), ScriptedServer.row("x"));
            byte[] done = Messages.join(ScriptedServer.complete("SET"), ScriptedServer.ready('I'));
            return switch (random.nextInt(14)) {
                case 0, 1, 2, 3 -> done;
                case 4 -> Messages.join(select, done);
                case 5 -> ScriptedServer.ready("ITE".charAt(random.nextInt(3)));
                case 6 -> Messages.join(ScriptedServer.error("ERROR", "22012", "no"), ScriptedServer.ready('E'));
                case 7 -> ScriptedServer.error(random.nextBoolean() ? "ERROR" : "FATAL", "57P01", "no");
                case 8 ->
                    Messages.join(Messages.raw('1'), Messages.raw('2'), select, ScriptedServer.complete("SELECT 1"));
                case 9 -> Messages.raw('G', (byte) 0, (byte) 0, (byte) 0);
                case 10 -> ScriptedServer.parameter("TimeZone", "UTC");
                case 11 -> ScriptedServer.row("x".repeat(20_000));
                case 12 -> Messages.raw("123nstIHcN".charAt(random.nextInt(10)));
                default -> random.nextInt(4) == 0 ? BadInput.rubbish(random) : select;
            };
        }

        /** In pieces cut at random, and sometimes not to the end. */
        private void feed(EmbeddedChannel channel, byte[] bytes) {
            int end = random.nextInt(20) == 0 ? random.nextInt(bytes.length + 1) : bytes.length;
            for (int at = 0; at < end && channel.isOpen(); ) {
                int to = random.nextInt(3) == 0 ? end : Math.min(end, at + 1 + random.nextInt(12));
                channel.writeInbound(Unpooled.copiedBuffer(Arrays.copyOfRange(bytes, at, to)));
                channel.runPendingTasks();
                at = to;
            }
        }

        @Override
        public Proof authentication(Wire wire, StartupRequest request) {
            return Proof.by(ClientAuth.trust(), request);
        }

        @Override
        public void admit(Wire wire, StartupRequest request, ClientLogin login) {
            login.writeOk();
            byte[] secret = new byte[4];
            random.nextBytes(secret);
            CancelKey key = new CancelKey(1, secret);
            WelcomeProbe.receive(
                    wire, this, pool, request.identity(key, IgnoredParameters.of(ProxyConfig.defaults()), 0), 0);
        }

        @Override
        public void cancel(StartupPacket.CancelRequest request, Runnable ended) {
            ended.run();
        }

        @Override
        public long nowMillis() {
            return 0;
        }

        @Override
        public long nowNanos() {
            return now;
        }

        @Override
        public void sendCancel(Wire server, CancelKey key, CancelEnd ended) {
            cancels.addLast(ended);
        }

        @Override
        public void listen(ClientSession client, Set<String> before, Set<String> after, Moved done) {
            moves.addLast(done);
        }

        @Override
        public boolean register(CancelKey key, ClientSession client) {
            return true;
        }

        @Override
        public void unregister(CancelKey key) {}

        @Override
        public void derive(KeyDerivation derivation, Derived done) {
            throw new AssertionError("no password is asked for");
        }

        @Override
        public void ask(PasswordQuestion question, Judged done) {
            throw new AssertionError("no password is asked for");
        }

        @Override
        public TimeLimits limitsOf(ClientIdentity client) {
            Duration limit = Duration.ofMillis(seed % 2 * 700);
            return new TimeLimits(limit, limit, limit, limit);
        }

        @Override
        public ConnectionLog log() {
            return log;
        }
    }
}
