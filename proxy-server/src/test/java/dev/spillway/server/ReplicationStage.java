package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/** A proxy before a database with a publication, and its clients, of which some replicate. Ends with its block. */
final class ReplicationStage implements AutoCloseable {
    static final Map<String, String> LOGICAL = Map.of("replication", "database");
    static final Duration LIMIT = Duration.ofSeconds(15);
    private static final Endpoint DIRECT = PostgresFixture.shared().endpoint();

    private final AtomicReference<ProxyConfig> written;
    private final RunningProxy proxy;

    private ReplicationStage(ProxyConfig config) throws IOException {
        written = new AtomicReference<>(config);
        proxy = new RunningProxy(Proxy.start(config, written::get), new LogTap());
    }

    static ReplicationStage start(ProxyConfig config) throws IOException {
        return new ReplicationStage(config);
    }

    static ProxyConfig config(int poolSize) {
        return RunningProxy.config(DIRECT.port(), PoolMode.TRANSACTION, poolSize)
                .with(Settings.LANES, 2);
    }

    /** The table and the publication, unless they are there. */
    static void publish() {
        if (PostgresFixture.shared()
                .queryOne("select count(*) from pg_publication")
                .equals("0")) {
            PostgresFixture.shared().execute("create table told (what text); create publication told for table told");
        }
    }

    RunningProxy proxy() {
        return proxy;
    }

    // ---- clients ---------------------------------------------------------------------------------------------------

    Endpoint through() {
        return DIRECT.withPort(proxy.proxy().port());
    }

    WireClient ordinary() throws IOException {
        return WireClient.connect(through());
    }

    WireClient logical() throws IOException {
        return WireClient.connect(through(), LOGICAL, LIMIT);
    }

    /** One that waits where it has to. */
    CompletableFuture<WireClient> logicalLater(String user) {
        return later(() -> WireClient.connect(through().withUser(user), LOGICAL, LIMIT));
    }

    /** Runs {@code work} on a thread of its own. */
    static <T> CompletableFuture<T> later(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                result.complete(work.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    /** Begins to stream the publication from a slot that is there. */
    static void stream(WireClient client, String slot) throws IOException {
        client.send(Messages.query(
                "START_REPLICATION SLOT %s LOGICAL 0/0 (proto_version '1', publication_names 'told')".formatted(slot)));
        assertThat(client.readMessage().type()).isEqualTo('W');
    }

    /** From one that goes with the session. */
    static void streamTemporary(WireClient client, String slot) throws IOException {
        assertThat(client.query("CREATE_REPLICATION_SLOT %s TEMPORARY LOGICAL pgoutput".formatted(slot))
                        .toString())
                .contains(slot);
        stream(client, slot);
    }

    /** Reads the stream until a row with that text has come; returns the position of the last message. */
    static long readUntil(WireClient client, String text) throws IOException {
        while (true) {
            BackendMessage message = client.readMessage();
            assertThat(message.type()).as(message.trace()).isEqualTo('d');
            byte[] body = message.body();
            if (new String(body, StandardCharsets.UTF_8).contains(text)) {
                return ByteBuffer.wrap(body).getLong(1);
            }
        }
    }

    static void tell(WireClient ordinary, String what) throws IOException {
        assertThat(ordinary.query("insert into told values ('%s')".formatted(what))
                        .getFirst()
                        .tag())
                .isEqualTo("INSERT 0 1");
    }

    /** Does a server of anybody's run exactly this? */
    static boolean isRunning(String sql) {
        return !PostgresFixture.shared()
                .queryOne(
                        "select count(*) from pg_stat_activity where state = 'active' and query = '%s'".formatted(sql))
                .equals("0");
    }

    // ---- the console -----------------------------------------------------------------------------------------------

    /** All rows but those of the console itself. */
    List<List<String>> show(String what) throws IOException {
        List<List<String>> rows = new ArrayList<>();
        try (WireClient console = WireClient.connect(through().withDatabase("spillway"))) {
            for (BackendMessage message : console.query("show " + what)) {
                if (message.is('D') && !message.columns().contains("pgbouncer")) {
                    rows.add(message.columns().stream().map(String::valueOf).toList());
                }
            }
        }
        return rows;
    }

    /** The kinds of the connections that SHOW CLIENTS or SHOW SERVERS lists. */
    List<String> kinds(String what) throws IOException {
        return show(what).stream().map(row -> row.get(3)).toList();
    }

    /** Returns when that many clients wait in the only pool, those that are being logged in included. */
    void awaitWaiting(int clients) {
        await().until(() -> show("pools").stream()
                        .mapToInt(pool -> Integer.parseInt(pool.get(3)))
                        .sum()
                == clients);
    }

    void reload(ProxyConfig config) throws IOException {
        written.set(config);
        try (WireClient console = WireClient.connect(through().withDatabase("spillway"))) {
            assertThat(console.query("reload").getFirst().trace()).contains("RELOAD");
        }
    }

    @Override
    public void close() {
        proxy.close();
    }
}
