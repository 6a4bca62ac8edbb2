package dev.spillway.testkit;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL 18, where not said otherwise, on loopback TCP, started at first use and stopped when the JVM ends: {@link #shared} in a container where a Docker
 * engine answers ({@link PostgresContainer}), else the same as {@link #embedded}.
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
    public static final String CERTIFIED_USER = "certified_user";
    public static final String PASSWORD = "sesame";

    public static final int MAX_CONNECTIONS = 60;

    private static final int NEWEST = 18;

    /** What every server is started with. */
    static final Map<String, String> SETTINGS = Map.of(
            "max_connections", Integer.toString(MAX_CONNECTIONS),
            "timezone", "UTC",
            "wal_level", "logical",
            "fsync", "off", // a slow disk is not what the tests wait for
            "full_page_writes", "off",
            "synchronous_commit", "off");

    /** How PostgreSQL ends. */
    public enum Stop {
        /** Every session is told 57P01. */
        FAST,
        /** Every session is warned, and ends without an error; what was committed is recovered from the log. */
        IMMEDIATE
    }

    private final int port;
    private final @Nullable EmbeddedServer restartable;

    private PostgresFixture(int port, @Nullable EmbeddedServer restartable) {
        this.port = port;
        this.restartable = restartable;
        createRoles();
    }

    /** For whatever needs PostgreSQL on TCP and nothing else. */
    public static PostgresFixture shared() {
        return Shared.FIXTURE;
    }

    /** For whatever needs PostgreSQL's Unix socket: a container's cannot be reached from here. */
    public static PostgresFixture embedded() {
        return Embedded.FIXTURE;
    }

    /**
     * An embedded one with TLS, whose certificate is {@link TestCertificates#forHost localhost}'s of the first authority. {@value
     * #CERTIFIED_USER} must show a certificate of the same authority, and {@value #PLAIN_USER} must not use TLS.
     */
    public static PostgresFixture withTls() {
        return WithTls.FIXTURE;
    }

    /** An embedded one that tests may {@link #restart}: apart from the others, whose tests do not expect it. */
    public static PostgresFixture restartable() {
        return Restartable.FIXTURE;
    }

    /** An embedded one that is a standby: it can be read. */
    public static PostgresFixture standby() {
        return Standby.FIXTURE;
    }

    /** One of this release, of which the oldest is 15: what is older than the {@link #shared} one is embedded. */
    public static PostgresFixture ofRelease(int release) {
        return release >= NEWEST ? shared() : Older.FIXTURES.computeIfAbsent(release, Older::start);
    }

    /** An embedded one of the test's own that has {@code connections}, 3 of them reserved, and keeps its {@link #log}. */
    public static PostgresFixture small(int connections) {
        EmbeddedServer server = EmbeddedServer.start(
                Map.of("max_connections", Integer.toString(connections), "logging_collector", "on"));
        return new PostgresFixture(server.port(), server);
    }

    /** The {@linkplain #small small} one has so many connections from the next {@link #restart} on. */
    public void setConnections(int before, int now) {
        Objects.requireNonNull(restartable).replaceOption("max_connections=" + before, "max_connections=" + now);
    }

    /** What the {@linkplain #small small} one has logged, of which nothing is less than FATAL. */
    public String log() {
        return Objects.requireNonNull(restartable).log();
    }

    /** Stops the {@linkplain #restartable restartable} one and starts it again, on the same data and port; returns when it accepts connections. */
    public void restart(Stop how) {
        if (restartable == null) {
            throw new IllegalStateException("other tests use this one");
        }
        restartable.restart(how);
    }

    /** Where the Unix socket of the embedded one is; whoever is trusted by TCP is trusted there too. */
    public static Path embeddedSocketDirectory() {
        return Embedded.SERVER.directory();
    }

    /** As the trusted superuser. */
    public Endpoint endpoint() {
        return new Endpoint("127.0.0.1", port, SUPERUSER, DATABASE);
    }

    public Connection jdbc() throws SQLException {
        return DriverManager.getConnection(endpoint().jdbcUrl());
    }

    /** As one of the trusted, without the connections that are reserved. */
    public Connection jdbcAs(String user) throws SQLException {
        return DriverManager.getConnection(endpoint().withUser(user).jdbcUrl());
    }

    /** The same as {@link #execute}, in another database. */
    public void executeIn(String database, String sql) {
        try (Connection connection = DriverManager.getConnection(
                        endpoint().withDatabase(database).jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("fixture statement failed: " + sql, e);
        }
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

    /**
     * pg_hba.conf: who is trusted, and who has to prove a password.
     *
     * @param clients the addresses that TCP connections come from
     */
    static String accessRules(String clients) {
        return """
            local all all trust
            host all scram_user CLIENTS scram-sha-256
            host all md5_user CLIENTS md5
            host all clear_user CLIENTS password
            host all all CLIENTS trust
            host replication all CLIENTS trust
            """.replace("CLIENTS", clients);
    }

    private void createRoles() {
        String admin = "jdbc:postgresql://127.0.0.1:%d/postgres?user=postgres".formatted(port);
        try (Connection connection = DriverManager.getConnection(admin);
                Statement statement = connection.createStatement()) {
            statement.execute("create role %s superuser login".formatted(SUPERUSER));
            statement.execute("create database %s owner %s".formatted(DATABASE, SUPERUSER));
        } catch (SQLException e) {
            throw new IllegalStateException("could not prepare PostgreSQL", e);
        }
        execute("create role %s login".formatted(PLAIN_USER));
        execute("create role %s login".formatted(CERTIFIED_USER));
        createUser(SCRAM_USER, PASSWORD, "scram-sha-256");
        createUser(MD5_USER, PASSWORD, "md5");
        createUser(CLEAR_USER, PASSWORD, "scram-sha-256");
        execute("grant all on schema public to public");
    }

    private static final class Shared {
        static final PostgresFixture FIXTURE = PostgresContainer.start()
                .map(port -> new PostgresFixture(port, null))
                .orElseGet(PostgresFixture::embedded);
    }

    private static final class Embedded {
        static final EmbeddedServer SERVER = EmbeddedServer.start(Map.of());
        static final PostgresFixture FIXTURE = new PostgresFixture(SERVER.port(), null);
    }

    private static final class Older {
        static final Map<Integer, PostgresFixture> FIXTURES = new ConcurrentHashMap<>();

        static PostgresFixture start(int release) {
            return new PostgresFixture(EmbeddedServer.start(release).port(), null);
        }
    }

    private static final class Standby {
        static final PostgresFixture FIXTURE = start();

        private static PostgresFixture start() {
            EmbeddedServer server = EmbeddedServer.start(Map.of());
            PostgresFixture fixture = new PostgresFixture(server.port(), null);
            server.becomeStandby();
            return fixture;
        }
    }

    private static final class WithTls {
        static final PostgresFixture FIXTURE = new PostgresFixture(start().port(), null);

        private static EmbeddedServer start() {
            TestCertificates.Files files = TestCertificates.forHost("localhost");
            String rules = """
                hostnossl all certified_user 127.0.0.1/32 reject
                hostssl all certified_user 127.0.0.1/32 cert
                hostssl all plain_user 127.0.0.1/32 reject
                """;
            return EmbeddedServer.start(
                    Map.of(
                            "ssl", "on",
                            "ssl_cert_file", files.certificate(),
                            "ssl_key_file", files.key(),
                            "ssl_ca_file", TestCertificates.authority()),
                    rules + accessRules("127.0.0.1/32"));
        }
    }

    private static final class Restartable {
        // what is committed outlives a crash
        static final EmbeddedServer SERVER = EmbeddedServer.start(Map.of("synchronous_commit", "on"));
        static final PostgresFixture FIXTURE = new PostgresFixture(SERVER.port(), SERVER);
    }
}
