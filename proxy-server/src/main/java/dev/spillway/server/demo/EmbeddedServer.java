package dev.spillway.server.demo;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A PostgreSQL of the demo's own on a loopback port, with one table of accounts. Its program files and data are in a new
 * temporary directory, which {@link #close} removes.
 */
final class EmbeddedServer implements AutoCloseable {
    static final String DATABASE = "shop";
    static final String USER = "app";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Path directory;
    private final EmbeddedPostgres postgres;

    private EmbeddedServer(Path directory, EmbeddedPostgres postgres) {
        this.directory = directory;
        this.postgres = postgres;
    }

    /** Starts it and creates {@code accounts} rows. Nothing is left behind if that fails. */
    static EmbeddedServer start(int maxConnections, int accounts) throws DemoFailure {
        Path directory;
        try {
            directory = Files.createTempDirectory("spillway-demo");
        } catch (IOException e) {
            throw new DemoFailure("cannot create a temporary directory: " + DemoFailure.reason(e), e);
        }
        EmbeddedServer server;
        try {
            server = new EmbeddedServer(directory, launch(directory, maxConnections));
        } catch (IOException | RuntimeException e) {
            delete(directory);
            throw new DemoFailure("cannot start the embedded PostgreSQL: " + DemoFailure.reason(e), e);
        }
        try {
            server.createAccounts(accounts);
        } catch (SQLException e) {
            server.close();
            throw new DemoFailure("cannot prepare the embedded PostgreSQL: " + DemoFailure.reason(e), e);
        }
        return server;
    }

    // A resolver of our own: the library remembers per resolver where it unpacked, and this place goes away.
    @SuppressWarnings("UnnecessaryMethodReference")
    private static EmbeddedPostgres launch(Path directory, int maxConnections) throws IOException {
        return EmbeddedPostgres.builder()
                .setPgBinaryResolver(DefaultPostgresBinaryResolver.INSTANCE::getPgBinary)
                .setOverrideWorkingDirectory(directory.toFile())
                .setDataDirectory(directory.resolve("data"))
                .setRegisterShutdownHook(false)
                .setServerConfig("max_connections", Integer.toString(maxConnections))
                // Otherwise the last ones would be refused in words about superusers.
                .setServerConfig("superuser_reserved_connections", "0")
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("unix_socket_directories", "")
                .setPGStartupWait(START_LIMIT)
                .start();
    }

    private void createAccounts(int accounts) throws SQLException {
        execute(
                superuserUrl("postgres"),
                List.of("create role " + USER + " login", "create database " + DATABASE + " owner " + USER));
        execute(
                clientUrl(port()),
                List.of(
                        "create table accounts (id int primary key, balance bigint not null)",
                        "insert into accounts select id, 0 from generate_series(1, " + accounts + ") id"));
    }

    private static void execute(String url, List<String> statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    int port() {
        return postgres.getPort();
    }

    /** For counting, as somebody who sees every connection. */
    String superuserUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:%d/%s?user=postgres".formatted(port(), database);
    }

    /** What the clients use, directly and through Spillway alike. */
    static String clientUrl(int port) {
        return "jdbc:postgresql://127.0.0.1:%d/%s?user=%s".formatted(port, DATABASE, USER);
    }

    @Override
    public void close() {
        try {
            postgres.close();
        } catch (IOException | RuntimeException e) {
            // A Ctrl-C of the terminal goes to PostgreSQL as well, which then ends before it is asked to.
            postgres.getProcess().destroy();
        }
        postgres.getProcess().onExit().join();
        delete(directory);
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // It is a temporary directory: what cannot be removed now, the system removes some day.
            directory.toFile().deleteOnExit();
        }
    }
}
