package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.DayClients;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.NodePostgres;
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
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.HdrHistogram.ConcurrentHistogram;
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
    /** What a client program prints when it was told nothing wrong. */
    private static final Map<String, String> RIGHT =
            Map.of("node-postgres", "\"wrong\":0,", "psycopg2", "\"wrong\": 0,", "pgbench", "latency average");

    private static final Pattern LISTENING = Pattern.compile("listening on .* port (\\d+),");

    private final PostgresFixture postgres = PostgresFixture.restartable();
    private final Map<String, ClientProgram.Outcome> programs = new ConcurrentSkipListMap<>();
    private final Map<String, LongAdder> jdbc = new ConcurrentHashMap<>();
    private final ConcurrentHistogram jdbcMicros = new ConcurrentHistogram(60_000_000, 3);
    private final List<String> log = new CopyOnWriteArrayList<>();
    private volatile boolean isOver;

    @TempDir
    private Path directory = Path.of("");

    @Test
    void everyReplyComesToWhoAskedAndEveryLossIsTold() throws Exception {
        List<Program> installed = installed();
        Process proxy = startAsUsersDo();
        try {
            Thread.ofVirtual().start(() -> read(proxy));
            day(proxy, installed);
        } finally {
            proxy.destroy();
        }
    }

    private void day(Process proxy, List<Program> installed) throws Exception {
        Endpoint through = postgres.endpoint().withPort(port(proxy));
        DayClients clients = DayClients.start(through, 0, WIRE_CLIENTS);
        Process killed = loadProcess(through);
        List<Thread> others = others(through, installed);

        pause(25);
        Histogram before = clients.latencyMicros().copy();
        clients.watch();
        Restart restart = restart();
        pause(15);
        Histogram around = clients.latencyMicros().copy();
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
        reportLatency(clients.latencyMicros(), before, around);
        report(clients, restart, residentKib);
        assertThat(clients.wrong()).as("wrong replies").isZero();
        assertThat(clients.errors().keySet())
                .as("errors have a SQLSTATE")
                .allSatisfy(key -> assertThat(key).matches("57P0[123]|08...|53000"));
        assertThat(jdbc).doesNotContainKey("wrong");
        assertThat(programs.keySet())
                .containsAll(installed.stream().map(Program::name).toList());
        programs.forEach((name, outcome) -> assertThat(outcome.out()).as(name).contains(RIGHT.get(name)));
    }

    /**
     * By the wall clock, in milliseconds.
     *
     * @param asked when the restart began
     * @param started when the new PostgreSQL began to start
     * @param direct when it answered a client of its own that tried all the time
     */
    private record Restart(long asked, long started, long direct) {}

    private Restart restart() throws Exception {
        long old = startMillis(postgres.endpoint());
        long asked = System.currentTimeMillis();
        FutureTask<Restart> watch = new FutureTask<>(() -> {
            long started = old;
            while (started == old) {
                LockSupport.parkNanos(2_000_000);
                try {
                    started = startMillis(postgres.endpoint());
                } catch (IOException away) {
                    // It is asked again.
                }
            }
            return new Restart(asked, started, System.currentTimeMillis());
        });
        Thread.ofVirtual().start(watch);
        postgres.restart(PostgresFixture.Stop.FAST);
        return watch.get(1, TimeUnit.MINUTES);
    }

    private static long startMillis(Endpoint server) throws IOException {
        try (WireClient client = WireClient.connect(server)) {
            return (long)
                    Double.parseDouble(client.queryOne("select extract(epoch from pg_postmaster_start_time()) * 1000"));
        }
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

    private interface Run {
        ClientProgram.Outcome on(Endpoint through);
    }

    private record Program(String name, Run run) {}

    /** The client programs that are there; what has to be installed for them is installed now and not during the day. */
    private List<Program> installed() throws IOException {
        List<Program> found = new ArrayList<>();
        find(
                found,
                "node-postgres",
                NodePostgres::find,
                (node, port) -> node.run("day.js", port, Integer.toString(NODE_CLIENTS), Integer.toString(SECONDS)));
        String day = Path.of("src/test/python/day.py").toAbsolutePath().toString();
        find(
                found,
                "psycopg2",
                () -> ClientProgram.find(
                        "python3 with psycopg2", directory, List.of("python3"), "-c", "import psycopg2"),
                (python, port) -> python.run(day, port, Integer.toString(PYTHON_CLIENTS), Integer.toString(SECONDS)));
        // It gives a client up for good when its connection ends.
        String script = sleepyScript();
        find(
                found,
                "pgbench",
                () -> ClientProgram.find("pgbench", directory, List.of("pgbench"), "--version"),
                (pgbench, port) -> pgbench.run(
                        "-n",
                        "-f",
                        script,
                        "-c" + PGBENCH_CLIENTS,
                        "-j2",
                        "-T" + SECONDS,
                        "-Mextended",
                        "postgresql://bench@127.0.0.1:" + port + "/bench"));
        return found;
    }

    private interface Search {
        ClientProgram find() throws IOException;
    }

    private static void find(
            List<Program> found,
            String name,
            Search search,
            BiFunction<ClientProgram, String, ClientProgram.Outcome> run)
            throws IOException {
        try {
            ClientProgram program = search.find();
            found.add(new Program(name, through -> run.apply(program, Integer.toString(through.port()))));
        } catch (TestAbortedException absent) {
            LOG.warn("{}: {}", name, absent.getMessage());
        }
    }

    private List<Thread> others(Endpoint through, List<Program> installed) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < JDBC_CLIENTS; i++) {
            int number = i;
            threads.add(Thread.ofVirtual().start(() -> jdbc(through, number)));
        }
        for (Program program : installed) {
            threads.add(Thread.ofVirtual()
                    .start(() -> programs.put(program.name(), program.run().on(through))));
        }
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
                    long startNanos = System.nanoTime();
                    try (ResultSet rows = statement.executeQuery("select '" + id + "'")) {
                        count(rows.next() && rows.getString(1).equals(id) ? "transactions" : "wrong");
                    }
                    jdbcMicros.recordValue((System.nanoTime() - startNanos) / 1000);
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

    private static String percentiles(Histogram micros) {
        return "p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, at most %.1f ms"
                .formatted(
                        micros.getValueAtPercentile(50) / 1e3,
                        micros.getValueAtPercentile(99) / 1e3,
                        micros.getValueAtPercentile(99.9) / 1e3,
                        micros.getMaxValue() / 1e3);
    }

    /** The wire clients' transactions: all, and those that ended before, around and after the restart. */
    private static void reportLatency(Histogram all, Histogram before, Histogram around) {
        Histogram after = all.copy();
        after.subtract(around);
        Histogram between = around.copy();
        between.subtract(before);
        LOG.warn("all {}", percentiles(all));
        LOG.warn("before the restart {}", percentiles(before));
        LOG.warn("around the restart {}", percentiles(between));
        LOG.warn("after that {}", percentiles(after));
    }

    private void report(DayClients clients, Restart restart, long residentKib) {
        LOG.warn(
                "wire clients: {} transactions, {} wrong, errors {}",
                clients.latencyMicros().getTotalCount(),
                clients.wrong(),
                clients.errors());
        LOG.warn("pgjdbc: {}; {}", new TreeMap<>(jdbc), percentiles(jdbcMicros));
        programs.forEach((name, outcome) ->
                LOG.warn("{}, exit code {}: {} {}", name, outcome.exitCode(), outcome.out(), shortened(outcome.err())));
        LOG.warn(
                "PostgreSQL stopped for {} ms, answered directly {} ms after its start, through Spillway after {} ms",
                restart.started() - restart.asked(),
                restart.direct() - restart.started(),
                clients.firstAnswerMillis(restart.started()) - restart.started());
        LOG.warn(
                "{} server logins; {} MiB resident",
                log.stream().filter(line -> line.contains("server opened")).count(),
                residentKib / 1024);
    }
}
