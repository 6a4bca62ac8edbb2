package dev.spillway.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.File;
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
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An embedded PostgreSQL 18 on loopback TCP and a Unix socket, started at first use and stopped when the JVM ends; one per JVM and max_connections, and
 * one more that may be restarted.
 *
 * <p>Roles: {@value #SUPERUSER} (superuser) and {@value #PLAIN_USER} are trusted; {@value #SCRAM_USER}, {@value #MD5_USER} and {@value
 * #CLEAR_USER} must prove the password {@value #PASSWORD} by scram-sha-256, md5 and clear text. Database {@value #DATABASE}.
 */
public final class PostgresFixture {
    public static final String DATABASE = "bench";
    public static final String SUPERUSER = "bench";
    public static final String PLAIN_USER = "plain_user";
    public static final String SCRAM_USER = "scram_user";
    public static final String MD5_USER = "md5_user";
    public static final String CLEAR_USER = "clear_user";
    public static final String PASSWORD = "sesame";

    public static final int DEFAULT_MAX_CONNECTIONS = 60;

    private static final Duration RESTART_LIMIT = Duration.ofSeconds(60);
    private static final Map<Integer, PostgresFixture> RUNNING = new ConcurrentHashMap<>();

    /** Apart from the others, which must not be restarted under a test that does not expect it. */
    private static final class Restartable {
        static final PostgresFixture ONLY = start(DEFAULT_MAX_CONNECTIONS, "on"); // what is committed outlives a crash
    }

    /** How PostgreSQL ends. */
    public enum Stop {
        /** Every session is told 57P01. */
        FAST,
        /** Every session is warned, and ends without an error; what was committed is recovered from the log. */
        IMMEDIATE
    }

    private final EmbeddedPostgres postgres;
    private final Path socketDirectory;

    private PostgresFixture(EmbeddedPostgres postgres, Path socketDirectory) {
        this.postgres = postgres;
        this.socketDirectory = socketDirectory;
    }

    public static PostgresFixture shared() {
        return withMaxConnections(DEFAULT_MAX_CONNECTIONS);
    }

    /** The server of this JVM that has this limit, started if there is none. */
    public static PostgresFixture withMaxConnections(int maxConnections) {
        return RUNNING.computeIfAbsent(maxConnections, most -> start(most, "off"));
    }

    /** The one of this JVM that tests may {@link #restart}. */
    public static PostgresFixture restartable() {
        return Restartable.ONLY;
    }

    /** Stops it and starts it again, on the same data and port; returns when it accepts connections. */
    public void restart(Stop how) {
        try {
            Path postgresProgram = Path.of(
                    Files.readString(socketDirectory.resolve("postmaster.opts")).split(" ", 2)[0]);
            List<String> command =
                    new ArrayList<>(LinuxUtils.isUnshareAvailable() ? List.of("unshare", "-U") : List.of());
            command.add(postgresProgram.resolveSibling("pg_ctl").toString());
            command.addAll(List.of("restart", "-w", "-D", socketDirectory.toString(), "-m"));
            command.add(how == Stop.FAST ? "fast" : "immediate");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(RESTART_LIMIT.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException("PostgreSQL was not restarted: " + command);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL was not restarted", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** As the trusted superuser. */
    public Endpoint endpoint() {
        return new Endpoint("127.0.0.1", postgres.getPort(), SUPERUSER, DATABASE);
    }

    /** Where its Unix socket is; whoever is trusted by TCP is trusted there too. */
    public String socketDirectory() {
        return socketDirectory.toString();
    }

    public Connection jdbc() throws SQLException {
        return DriverManager.getConnection(endpoint().jdbcUrl());
    }

    /** Runs statements as superuser, outside whatever is under test. */
    public void execute(String sql) {
        try (Connection connection = jdbc();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("fixture statement failed: " + sql, e);
        }
    }

    /** The first column of the first row, as text. */
    public String queryOne(String sql) {
        try (Connection connection = jdbc();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new IllegalStateException("no row: " + sql);
            }
            return String.valueOf(rows.getString(1));
        } catch (SQLException e) {
            throw new IllegalStateException("fixture query failed: " + sql, e);
        }
    }

    /** A login role whose password is stored for the given method, {@code scram-sha-256} or {@code md5}. */
    public void createUser(String name, String password, String passwordEncryption) {
        execute("set password_encryption = '%s'; create role %s login password '%s'"
                .formatted(passwordEncryption, name, password));
    }

    private static PostgresFixture start(int maxConnections, String synchronousCommit) {
        AtomicReference<Path> dataDirectory = new AtomicReference<>();
        try {
            // Destroyed by the library's shutdown hook, together with its data directory.
            EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                    .setServerConfig("max_connections", Integer.toString(maxConnections))
                    .setServerConfig("listen_addresses", "127.0.0.1")
                    .setServerConfig("unix_socket_directories", ".") // the data directory
                    .setServerConfig("timezone", "UTC")
                    .setServerConfig("wal_level", "logical")
                    .setServerConfig("fsync", "off") // a slow disk is not what the tests wait for
                    .setServerConfig("full_page_writes", "off")
                    .setServerConfig("synchronous_commit", synchronousCommit)
                    .setServerConfig("md5_password_warnings", "off")
                    .setServerConfig("log_min_messages", "fatal") // errors are what the tests provoke
                    .setDataDirectoryCustomizer(directory -> {
                        dataDirectory.set(directory.toPath().toAbsolutePath());
                        demandPasswords(directory);
                    })
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .start();
            PostgresFixture fixture = new PostgresFixture(postgres, Objects.requireNonNull(dataDirectory.get()));
            fixture.createRoles();
            return fixture;
        } catch (IOException e) {
            throw new UncheckedIOException("embedded PostgreSQL did not start", e);
        }
    }

    private static void demandPasswords(File dataDirectory) {
        String rules = """
            local all all trust
            host all scram_user 127.0.0.1/32 scram-sha-256
            host all md5_user 127.0.0.1/32 md5
            host all clear_user 127.0.0.1/32 password
            host all all 127.0.0.1/32 trust
            host replication all 127.0.0.1/32 trust
            """;
        try {
            Files.writeString(dataDirectory.toPath().resolve("pg_hba.conf"), rules);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void createRoles() {
        String admin = "jdbc:postgresql://127.0.0.1:%d/postgres?user=postgres".formatted(postgres.getPort());
        try (Connection connection = DriverManager.getConnection(admin);
                Statement statement = connection.createStatement()) {
            statement.execute("create role %s superuser login".formatted(SUPERUSER));
            statement.execute("create database %s owner %s".formatted(DATABASE, SUPERUSER));
        } catch (SQLException e) {
            throw new IllegalStateException("could not prepare the embedded PostgreSQL", e);
        }
        execute("create role %s login".formatted(PLAIN_USER));
        createUser(SCRAM_USER, PASSWORD, "scram-sha-256");
        createUser(MD5_USER, PASSWORD, "md5");
        createUser(CLEAR_USER, PASSWORD, "scram-sha-256");
        execute("grant all on schema public to public");
    }
}
