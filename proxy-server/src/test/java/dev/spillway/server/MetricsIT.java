package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.HttpProbe;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the metrics say of work that is known. */
class MetricsIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    /** A proxy of which metrics can be had. */
    private final class Stage implements Closeable {
        private final RunningProxy proxy;
        private final int adminPort = HttpProbe.freePort();
        private final List<WireClient> clients = new ArrayList<>();

        Stage(int lanes, int poolSize) throws IOException {
            proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, poolSize)
                    .with(Settings.LANES, lanes)
                    .with(
                            CapacitySettings.MAX_SERVER_CONNECTIONS,
                            50) // nobody asks what there is, so figures are exact
                    .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofMinutes(1))
                    .with(AdminSettings.ADMIN_LISTEN_PORT, adminPort)
                    .with(database("known")
                            .with(DatabaseSettings.DBNAME, direct.database())
                            .with(DatabaseSettings.USER, direct.user()))
                    .with(database("gone").with(DatabaseSettings.PORT, 1)));
        }

        private DatabaseConfig database(String name) {
            return DatabaseConfig.named(name)
                    .with(DatabaseSettings.HOST, direct.host())
                    .with(DatabaseSettings.PORT, direct.port());
        }

        WireClient client(String database) throws IOException {
            WireClient client =
                    WireClient.connect(direct.withPort(proxy.proxy().port()).withDatabase(database), Map.of(), LIMIT);
            clients.add(client);
            return client;
        }

        /** Values by name and labels, as they are written. */
        Map<String, Double> scrape() throws IOException {
            Map<String, Double> values = new HashMap<>();
            for (String line : HttpProbe.get(adminPort, "/metrics").body().split("\n", -1)) {
                if (!line.isEmpty() && !line.startsWith("#")) {
                    int space = line.lastIndexOf(' ');
                    values.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
                }
            }
            return values;
        }

        double value(String name, String labels) throws IOException {
            String whole = name + (labels.isEmpty() ? "" : "{" + labels + "}");
            return scrape().getOrDefault(whole, -1.0);
        }

        /** Of the database that the tests know. */
        double known(String name) throws IOException {
            return value(name, "database=\"known\"");
        }

        String status() throws IOException {
            return HttpProbe.get(adminPort, "/status").body();
        }

        @Override
        public void close() throws IOException {
            for (WireClient client : clients) {
                client.close();
            }
            assertThat(proxy.log().defects()).isEmpty();
            proxy.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void totalsAreThoseOfTheWorkAlsoOfClientsThatAreKilled(int lanes) throws IOException {
        int clients = 6;
        try (Stage stage = new Stage(lanes, 8)) {
            for (int lane = 0; lane < lanes; lane++) {
                stage.client("known"); // the first of each lane is told what a server reports
            }
            double assigned = stage.known("spillway_server_assignments_total");
            for (int i = 0; i < clients; i++) {
                WireClient client = stage.client("known");
                client.query("select 1");
                client.query("begin");
                client.query("select 1/0");
                client.query("rollback");
                client.query("select nothing");
                if (i % 2 == 0) {
                    client.reset();
                }
            }
            await().untilAsserted(() ->
                    assertThat(stage.value("spillway_connected_clients", "")).isEqualTo(lanes + clients / 2.0));

            Map<String, Double> all = stage.scrape();
            Map<String, Double> wanted = new HashMap<>();
            wanted.put("spillway_queries_total", 5.0 * clients);
            wanted.put("spillway_transactions_total", 3.0 * clients);
            wanted.put("spillway_query_seconds_count", 5.0 * clients);
            wanted.put("spillway_transaction_seconds_count", 3.0 * clients);
            wanted.put("spillway_server_assignments_total", assigned + 3.0 * clients);
            wanted.put("spillway_server_wait_seconds_count", assigned + 3.0 * clients);
            wanted.put("spillway_client_logins_total", (double) lanes + clients);
            wanted.put("spillway_client_login_seconds_count", (double) lanes + clients);
            wanted.forEach((name, value) ->
                    assertThat(all.get(name + "{database=\"known\"}")).as(name).isEqualTo(value));
            assertThat(all.get("spillway_server_errors_total{class=\"22\",database=\"known\"}"))
                    .isEqualTo(clients);
            assertThat(all.get("spillway_server_errors_total{class=\"42\",database=\"known\"}"))
                    .isEqualTo(clients);
            agreesWithTheConsole(stage);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void bytesAreThoseOnTheWire(int lanes) throws IOException {
        try (Stage stage = new Stage(lanes, 2)) {
            List<WireClient> clients = List.of(stage.client("known"), stage.client("known"));
            double received = stage.known("spillway_received_bytes_total");
            double sent = stage.known("spillway_sent_bytes_total");
            long asked = 0;
            long answered = 0;
            for (WireClient client : clients) {
                byte[] query = Messages.query("select 'ten letters'");
                client.send(query);
                asked += query.length;
                for (BackendMessage message : client.readUntilReady()) {
                    answered += message.frame().length;
                }
            }
            assertThat(stage.known("spillway_received_bytes_total")).isEqualTo(received + asked);
            assertThat(stage.known("spillway_sent_bytes_total")).isEqualTo(sent + answered);
        }
    }

    private void agreesWithTheConsole(Stage stage) throws IOException {
        Map<String, String> columns = Map.of(
                "total_xact_count", "spillway_transactions_total",
                "total_query_count", "spillway_queries_total",
                "total_server_assignment_count", "spillway_server_assignments_total",
                "total_received", "spillway_received_bytes_total",
                "total_sent", "spillway_sent_bytes_total",
                "total_client_login_count", "spillway_client_logins_total");
        try (Operator operator = new Operator(direct.withPort(stage.adminPort))) {
            for (Map.Entry<String, String> column : columns.entrySet()) {
                double shown = Double.parseDouble(operator.cell("show stats", "known", column.getKey()));
                assertThat(stage.known(column.getValue())).as(column.getKey()).isEqualTo(shown);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void whoeverWaitsIsSeenToWaitAndThenCounted(int lanes) throws IOException {
        try (Stage stage = new Stage(lanes, 1)) {
            WireClient holder = stage.client("known");
            WireClient waiter = stage.client("known");
            WireClient other = stage.client("known");
            holder.query("begin");
            double waits = stage.known("spillway_waits_total"); // of those who came first, until a server was open
            waiter.send(Messages.query("select 1"));
            String labels = "database=\"known\",state=\"waiting\",user=\"" + direct.user() + '"';
            await().untilAsserted(() ->
                    assertThat(stage.value("spillway_clients", labels)).isEqualTo(1));
            try (Operator operator = new Operator(direct.withPort(stage.adminPort))) {
                assertThat(operator.cell("show pools", "known", "cl_waiting")).isEqualTo("1");
                assertThat(operator.cell("show pools", "known", "sv_active")).isEqualTo("1");
            }
            assertThat(stage.status())
                    .contains("\"clients\":{\"active\":2,\"waiting\":1,\"cancelling\":0,\"cancel_waiting\":0}")
                    .contains("\"servers\":{\"active\":1,\"idle\":0,");
            holder.query("commit");
            assertThat(waiter.readUntilReady().toString()).contains("SELECT 1");
            assertThat(stage.known("spillway_waits_total")).isEqualTo(waits + 1);
            assertThat(stage.value("spillway_server_wait_seconds_bucket", "database=\"known\",le=\"6.4E-5\""))
                    .as("those who did not wait, and perhaps some who hardly did")
                    .isBetween(
                            stage.known("spillway_server_assignments_total") - waits - 1,
                            stage.known("spillway_server_assignments_total") - 1);

            holder.query("begin");
            try (Operator operator = new Operator(direct.withPort(stage.adminPort))) {
                operator.run("set query_wait_timeout = '0.3'"); // not before: nobody else is to be late
            }
            assertThat(other.query("select 1").getFirst().sqlState()).isEqualTo("53000");
            assertThat(stage.value("spillway_errors_total", "class=\"53\",database=\"known\""))
                    .isEqualTo(1);
            assertThat(stage.status()).contains("\"text\":\"query_wait_timeout: no server connection of pool known/");
        }
    }

    @Test
    void pinsAsksAndCleansAreCounted() throws IOException {
        try (Stage stage = new Stage(1, 1)) {
            WireClient client = stage.client("known");
            client.query("select pg_advisory_lock(1)");
            await().untilAsserted(() -> assertThat(
                            stage.value("spillway_pinned_servers", "database=\"known\",user=\"" + direct.user() + '"'))
                    .isEqualTo(1));
            assertThat(stage.value("spillway_pins_total", "reason=\"advisory locks\""))
                    .isEqualTo(1);
            assertThat(stage.known("spillway_state_asks_total")).isEqualTo(1);
            assertThat(stage.status()).contains("\"reason\":\"advisory locks\"");
            client.query("select pg_advisory_unlock_all()");
            await().untilAsserted(() ->
                    assertThat(stage.known("spillway_state_cleans_total")).isEqualTo(1));
            client.query("set statement_timeout = '1h'");
            stage.client("known").query("select 1");
            await().untilAsserted(() ->
                    assertThat(stage.known("spillway_state_restores_total")).isPositive());
        }
    }

    @Test
    void cancelsAreCounted() throws IOException {
        try (Stage stage = new Stage(2, 3)) {
            WireClient client = stage.client("known");
            client.send(Messages.query("select pg_sleep(60)"));
            await().until(() -> stage.status().contains("\"active\":1"));
            client.cancel();
            assertThat(client.readUntilReady().toString()).contains("57014");
            assertThat(stage.value("spillway_cancel_requests_total", "")).isEqualTo(1);
            assertThat(stage.value("spillway_cancels_sent_total", "")).isEqualTo(1);
        }
    }

    @Test
    void namesThatClientsInventDoNotBecomeLabels() throws IOException {
        try (Stage stage = new Stage(1, 2)) {
            for (String invented : List.of("a1", "a2", "a3")) {
                try (WireClient stranger = WireClient.open(
                        direct.withPort(stage.proxy.proxy().port()).withDatabase(invented), LIMIT)) {
                    stranger.send(Messages.startup(
                            Messages.PROTOCOL_3_0, Map.of("user", "u" + invented, "database", invented)));
                    stranger.timeout(LIMIT);
                    await().until(() -> stage.status().contains("\"database\":\"" + invented + '"'));
                }
            }
            assertThat(stage.scrape().keySet()).noneMatch(name -> name.matches(".*\"u?a[123]\".*"));
            assertThat(stage.scrape().keySet())
                    .anyMatch(name -> name.startsWith("spillway_pool_size{database=\"*\",user=\"*\""));
        }
    }

    @Test
    void databaseThatIsDownMakesItUnreadyOnlyWhereThatIsAskedFor() throws IOException {
        try (Stage stage = new Stage(1, 2)) {
            try (WireClient client =
                    WireClient.open(direct.withPort(stage.proxy.proxy().port()).withDatabase("gone"), LIMIT)) {
                client.send(Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", direct.user(), "database", "gone")));
                await().until(() -> stage.status().contains("\"down\":true"));
                assertThat(HttpProbe.get(stage.adminPort, "/readyz").status()).isEqualTo(200);

                try (Operator operator = new Operator(direct.withPort(stage.adminPort))) {
                    operator.run("SET readyz_requires_server = 1");
                }
                HttpProbe.Answer answer = HttpProbe.get(stage.adminPort, "/readyz");
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.body())
                        .startsWith("database gone is down: cannot log in to the server of pool gone/");
            }
        }
    }

    @Test
    void databaseThatOnlyAClientHasNamedIsNotDownWhenThereIsNone() throws IOException {
        try (Stage stage = new Stage(1, 2)) {
            try (Operator operator = new Operator(direct.withPort(stage.adminPort))) {
                operator.run("SET readyz_requires_server = 1");
            }
            assertThatThrownBy(() -> stage.client("made_up").close()).hasMessageContaining("does not exist");
            assertThat(stage.status())
                    .contains("made_up", "\\\"made_up\\\" does not exist")
                    .doesNotContain("\"down\":true");
            assertThat(HttpProbe.get(stage.adminPort, "/readyz").status()).isEqualTo(200);
            assertThat(stage.value("spillway_pool_down", "database=\"*\",user=\"*\""))
                    .isZero();
        }
    }

    @Test
    void everyMetricThatIsDocumentedIsThereAndNoOther() throws IOException {
        try (Stage stage = new Stage(2, 2)) {
            WireClient client = stage.client("known");
            client.query("select pg_advisory_lock(2)");
            client.query("select 1/0");
            client.query("begin");
            client.query("select pg_advisory_unlock_all()");
            client.query("commit");
            try (WireClient stranger =
                    WireClient.open(direct.withPort(stage.proxy.proxy().port()), LIMIT)) {
                stranger.send(new byte[] {0, 0, 0, 1});
                stranger.readAll();
            }
            Set<String> documented = new TreeSet<>();
            Matcher rows = Pattern.compile("(?m)^\\| `(\\w+)` \\| (\\w+) \\|")
                    .matcher(Files.readString(Path.of("../docs/metrics.md")));
            while (rows.find()) {
                documented.add("# TYPE " + rows.group(1) + " " + rows.group(2));
            }
            Set<String> there = new TreeSet<>();
            for (String line : HttpProbe.get(stage.adminPort, "/metrics").body().split("\n", -1)) {
                if (line.startsWith("# TYPE ")) {
                    there.add(line);
                }
            }

            assertThat(there).isEqualTo(documented);
        }
    }
}
