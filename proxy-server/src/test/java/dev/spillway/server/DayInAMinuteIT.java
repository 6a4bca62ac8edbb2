package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.DayClients;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A day in production in a minute: 2,000 clients of all kinds on a Spillway started as its users start it, while PostgreSQL is restarted,
 * the configuration reloaded, clients are reset and a whole process of them is killed. Prints what it saw.
 */
@Tag("thorough")
class DayInAMinuteIT {
    private static final Logger LOG = LoggerFactory.getLogger(DayInAMinuteIT.class);
    private static final int SECONDS = Integer.getInteger("spillway.test.seconds", 60);
    private static final int WIRE_CLIENTS = 1300;
    private static final int KILLED_CLIENTS = 300;
    private static final int JDBC_CLIENTS = 200;
    private static final int NODE_CLIENTS = 50;
    private static final int PYTHON_CLIENTS = 50;
    private static final int PGBENCH_CLIENTS = 100;
    private static final int RESET_CLIENTS = 300;
    private static final Pattern LISTENING = Pattern.compile("listening on .* port (\\d+),");

    private final PostgresFixture postgres = PostgresFixture.restartable();
    private final List<String> programs = new CopyOnWriteArrayList<>();
    private final Map<String, LongAdder> jdbc = new ConcurrentHashMap<>();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private volatile boolean isOver;

    @TempDir
    private Path directory = Path.of("");

    @Test
    void everyReplyComesToWhoAskedAndEveryLossIsTold() throws Exception {
        Process proxy = startAsUsersDo();
        try {
            Thread.ofVirtual().start(() -> read(proxy));
            day(proxy);
        } finally {
            proxy.destroy();
        }
    }

    private void day(Process proxy) throws Exception {
        Endpoint through = postgres.endpoint().withPort(port(proxy));
        DayClients clients = DayClients.start(through, 0, WIRE_CLIENTS);
        Process killed = loadProcess(through);
        List<Thread> others = others(through);

        pause(25);
        clients.watch();
        postgres.restart(PostgresFixture.Stop.FAST);
        pause(15);
        try (WireClient console = WireClient.connect(through.withDatabase("spillway"))) {
            assertThat(console.query("reload").toString()).contains("RELOAD");
        }
        pause(10);
        clients.resetSome(RESET_CLIENTS);
        killed.destroyForcibly();
        pause(10);
        long residentKib = residentKib(proxy.pid());
        isOver = true;
        clients.end();
        for (Thread other : others) {
            other.join();
        }
        report(clients, residentKib);
        assertThat(clients.wrong()).as("wrong replies").isZero();
        assertThat(clients.errors().keySet())
                .as("errors have a SQLSTATE")
                .allSatisfy(key -> assertThat(key).matches("57P0[123]|08...|53000"));
        assertThat(jdbc).doesNotContainKey("wrong");
    }

    private static void pause(int sixtieths) {
        LockSupport.parkNanos(Duration.ofSeconds(SECONDS).toNanos() / 60 * sixtieths);
    }

    private Process startAsUsersDo() throws IOException {
        Path config = Files.writeString(directory.resolve("spillway.toml"), """
            listen_port = 0
            auth_type = "trust"
            admin_users = ["bench"]
            max_client_conn = 3000
            default_pool_size = 20
            [databases."*"]
            port = %d
            """.formatted(
                        postgres.endpoint().port()));
        ProcessBuilder builder = new ProcessBuilder("./spillway", "run", "-c", config.toString())
                .directory(Path.of("..").toAbsolutePath().normalize().toFile())
                .redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("SPILLWAY_") || name.startsWith("DB_"));
        builder.environment().remove("DATABASE_URL");
        return builder.start();
    }

    private void read(Process proxy) {
        try (BufferedReader out = proxy.inputReader()) {
            out.lines().filter(line -> !line.contains("client")).forEach(log::add);
        } catch (IOException | UncheckedIOException e) {
            log.add(e.toString());
        }
    }

    private int port(Process proxy) {
        await().atMost(Duration.ofMinutes(3))
                .failFast("it has ended", () -> !proxy.isAlive())
                .until(() ->
                        log.stream().anyMatch(line -> LISTENING.matcher(line).find()));
        return log.stream()
                .map(LISTENING::matcher)
                .filter(Matcher::find)
                .mapToInt(match -> Integer.parseInt(match.group(1)))
                .findFirst()
                .orElseThrow();
    }

    private static Process loadProcess(Endpoint through) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        DayClients.class.getName(),
                        Integer.toString(through.port()),
                        through.user(),
                        through.database(),
                        Integer.toString(KILLED_CLIENTS))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private List<Thread> others(Endpoint through) {
        String port = Integer.toString(through.port());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < JDBC_CLIENTS; i++) {
            int number = i;
            threads.add(Thread.ofVirtual().start(() -> jdbc(through, number)));
        }
        threads.add(program(
                "node",
                () -> ClientProgram.find(
                                "node-postgres",
                                Path.of("target/node").toAbsolutePath(),
                                List.of("node"),
                                "-e",
                                "require('pg')")
                        .run(
                                Map.of(
                                        "NODE_PATH",
                                        Path.of("target/node/node_modules")
                                                .toAbsolutePath()
                                                .toString()),
                                Path.of("src/test/node/day.js").toAbsolutePath().toString(),
                                port,
                                Integer.toString(NODE_CLIENTS),
                                Integer.toString(SECONDS))));
        threads.add(program(
                "psycopg2",
                () -> ClientProgram.find(
                                "python3 with psycopg2", directory, List.of("python3"), "-c", "import psycopg2")
                        .run(
                                Path.of("src/test/python/day.py")
                                        .toAbsolutePath()
                                        .toString(),
                                port,
                                Integer.toString(PYTHON_CLIENTS),
                                Integer.toString(SECONDS))));
        // It gives a client up for good when its connection ends.
        threads.add(program(
                "pgbench",
                () -> ClientProgram.find("pgbench", directory, List.of("pgbench"), "--version")
                        .run(
                                "-n",
                                "-f",
                                sleepyScript(),
                                "-c" + PGBENCH_CLIENTS,
                                "-j2",
                                "-T" + SECONDS,
                                "-Mextended",
                                "postgresql://bench@127.0.0.1:" + port + "/bench")));
        return threads;
    }

    private String sleepyScript() {
        try {
            return Files.writeString(directory.resolve("day.sql"), "\\sleep 200 ms\nselect 1;\n")
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Run {
        ClientProgram.Outcome run();
    }

    private Thread program(String name, Run run) {
        return Thread.ofVirtual().start(() -> {
            try {
                ClientProgram.Outcome outcome = run.run();
                programs.add("%s, exit code %d: %s %s"
                        .formatted(name, outcome.exitCode(), outcome.out(), shortened(outcome.err())));
            } catch (TestAbortedException absent) {
                programs.add(name + ": " + absent.getMessage());
            }
        });
    }

    private static String shortened(String text) {
        return text.length() > 1500 ? text.substring(0, 1500) + "…" : text;
    }

    private void jdbc(Endpoint through, int number) {
        String url = through.jdbcUrl() + "&prepareThreshold=0&socketTimeout=40";
        for (int i = 0; !isOver; i++) {
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                while (!isOver) {
                    String id = "j%di%d".formatted(number, ++i);
                    try (ResultSet rows = statement.executeQuery("select '" + id + "'")) {
                        count(rows.next() && rows.getString(1).equals(id) ? "transactions" : "wrong");
                    }
                    LockSupport.parkNanos(Duration.ofMillis(i * 37 % 800).toNanos());
                }
            } catch (SQLException e) {
                count(String.valueOf(e.getSQLState()));
            }
        }
    }

    private void count(String key) {
        jdbc.computeIfAbsent(key, none -> new LongAdder()).increment();
    }

    private static long residentKib(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(-1);
    }

    private void report(DayClients clients, long residentKib) {
        long startedMillis = (long)
                Double.parseDouble(postgres.queryOne("select extract(epoch from pg_postmaster_start_time()) * 1000"));
        Histogram latency = clients.latencyMicros();
        LOG.warn(
                "wire clients: {} transactions, {} wrong, errors {}; p50 {} ms, p99 {} ms, p99.9 {} ms",
                latency.getTotalCount(),
                clients.wrong(),
                clients.errors(),
                latency.getValueAtPercentile(50) / 1e3,
                latency.getValueAtPercentile(99) / 1e3,
                latency.getValueAtPercentile(99.9) / 1e3);
        LOG.warn("pgjdbc: {}", new TreeMap<>(jdbc));
        programs.forEach(LOG::warn);
        LOG.warn(
                "first answer {} ms after PostgreSQL's start; {} server logins; {} MiB resident",
                clients.firstAnswerMillis(startedMillis) - startedMillis,
                log.stream().filter(line -> line.contains("server opened")).count(),
                residentKib / 1024);
    }
}
