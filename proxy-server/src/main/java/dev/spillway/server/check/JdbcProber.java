package dev.spillway.server.check;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.fleet.Announcement;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Asks servers over JDBC, one connection at a time. Used by one thread, which it blocks. */
final class JdbcProber implements Prober {
    /** How long a server may take where the configuration sets no limit. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** What is said of a server that has to speak TLS and cannot. */
    static final String NO_TLS = "TLS is required (sslmode), and the server does not speak it";

    private static final String CONNECTION_REJECTED = "08004";
    private static final int SSL_REQUEST_CODE = 80_877_103;

    private static final String FACTS = """
        select current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
          (select rolsuper from pg_roles where rolname = current_user),
          exists(select from pg_roles where rolname = 'pg_use_reserved_connections'
            and pg_has_role(current_user, oid, 'USAGE')),
          exists(select from pg_roles where rolname = 'pg_read_all_stats' and pg_has_role(current_user, oid, 'USAGE')),
          current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int,
          coalesce(current_setting('reserved_connections', true), '0')::int,
          coalesce((select setting::int from pg_settings where name = 'idle_session_timeout'), 0),
          to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')\
        """;

    private static final String TLS =
            "select version || ', ' || cipher from pg_stat_ssl where pid = pg_backend_pid() and ssl";

    private static final String SESSIONS = """
        select coalesce(usename::text, ''), count(*)::int from pg_stat_activity
        where pid <> pg_backend_pid() and datid is not null and coalesce(backend_type, 'client backend') = 'client backend'
        group by 1\
        """;

    private static final String ROLES =
            "select rolname::text, rolconnlimit, rolsuper, rolcanlogin from pg_roles where rolname = any(?)";

    private static final String DATABASES = "select datname::text, datconnlimit from pg_database where datallowconn";

    /** By Spillway's own words for what it does there; an instance is counted by its announcement. */
    private static final String FLEET = """
        select (select count(*)::int from pg_stat_activity
            where usename = session_user and pid <> pg_backend_pid() and application_name ~ ?),
          has_function_privilege('pg_catalog.pg_try_advisory_xact_lock(int, int)', 'execute'),
          has_function_privilege(coalesce(to_regprocedure('pg_catalog.pg_terminate_backend(int, bigint)'),
            to_regprocedure('pg_catalog.pg_terminate_backend(int)'))::oid, 'execute'),
          current_setting('track_activities')::bool\
        """;

    private final ProxyConfig config;
    private final Duration limit;

    JdbcProber(ProxyConfig config) {
        this.config = config;
        this.limit = config.serverConnectTimeout().isPositive() ? config.serverConnectTimeout() : PATIENCE;
    }

    @Override
    public Answer ask(Login login) {
        try (Connection connection = DriverManager.getConnection(url(login), properties(login))) {
            SessionFacts facts = facts(connection, login.roles());
            return new Answer.Reached(facts, failures(connection, login), fleet(connection, login.fleet()));
        } catch (SQLException e) {
            String state = Objects.requireNonNullElse(e.getSQLState(), "");
            boolean mayBeTls =
                    state.startsWith(CONNECTION_REJECTED) && login.place().tls().isRequired();
            return mayBeTls && hasNoTls(login.place())
                    ? new Answer.Refused(state, NO_TLS)
                    : new Answer.Refused(state, words(e));
        }
    }

    // ---- the connection --------------------------------------------------------------------------------------------

    private static String url(Login login) {
        Place place = login.place();
        String host = place.isUnix() ? "localhost" : place.host();
        String quoted = host.contains(":") ? "[" + host + "]" : host;
        return "jdbc:postgresql://" + quoted + ":" + place.port() + "/"
                + URLEncoder.encode(login.dbname(), StandardCharsets.UTF_8);
    }

    private Properties properties(Login login) {
        Properties properties = new Properties();
        String seconds = Long.toString(Math.max(1, limit.toSeconds()));
        properties.setProperty("user", login.user());
        if (login.password() != null) {
            properties.setProperty("password", login.password().reveal());
        }
        properties.setProperty("ApplicationName", "spillway check");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("loginTimeout", seconds);
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds);
        if (login.place().isUnix()) {
            properties.setProperty("sslmode", "disable");
            properties.setProperty("socketFactory", UnixSocketFactory.class.getName());
            properties.setProperty(
                    "socketFactoryArg",
                    login.place().host() + "/.s.PGSQL." + login.place().port());
        } else {
            protect(properties, login.place().tls());
        }
        return properties;
    }

    private void protect(Properties properties, SslMode mode) {
        properties.setProperty("sslmode", (mode == SslMode.ALLOW ? SslMode.PREFER : mode).spelling());
        @Nullable String authorities = config.tls().serverTlsCaFile();
        if (authorities != null) {
            properties.setProperty("sslrootcert", authorities);
        } else if (mode.isVerifying()) {
            properties.setProperty("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
        }
        @Nullable String certificate = config.tls().serverTlsCertFile();
        @Nullable String key = config.tls().serverTlsKeyFile();
        if (certificate != null && key != null) {
            properties.setProperty("sslcert", certificate);
            properties.setProperty("sslkey", key);
        }
    }

    /** Asks in the clear, as every connection begins that may have TLS; nobody's name or password is sent. */
    private boolean hasNoTls(Place place) {
        int millis = Math.toIntExact(limit.toMillis());
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(place.host(), place.port()), millis);
            socket.setSoTimeout(millis);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeLong(8L << Integer.SIZE | SSL_REQUEST_CODE);
            return socket.getInputStream().read() == 'N';
        } catch (IOException e) {
            return false; // what the driver said stands
        }
    }

    /** What the driver says, with the reason it keeps to itself where it only says that it did not work. */
    private static String words(SQLException e) {
        String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return e.getCause() instanceof IOException cause && isNews(first, cause.getMessage())
                ? first + " " + cause.getClass().getSimpleName() + ": " + cause.getMessage()
                : first;
    }

    private static boolean isNews(String told, @Nullable String more) {
        return more != null && !told.contains(more);
    }

    // ---- what there is to see --------------------------------------------------------------------------------------

    private static SessionFacts facts(Connection connection, List<String> roles) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(FACTS)) {
            row.next();
            return new SessionFacts(
                    row.getString(11),
                    row.getInt(1),
                    row.getString(2),
                    tls(connection),
                    row.getBoolean(3),
                    row.getBoolean(4),
                    row.getBoolean(5),
                    row.getBoolean(6),
                    row.getInt(7),
                    row.getInt(8),
                    row.getInt(9),
                    sessions(connection),
                    roles(connection, roles),
                    counts(connection, DATABASES),
                    Duration.ofMillis(row.getLong(10)));
        }
    }

    /** {@code name} is of letters, digits and what means nothing in a pattern. Null: nobody would speak, or it cannot be seen. */
    private static @Nullable FleetFacts fleet(Connection connection, @Nullable String name) {
        if (name == null) {
            return null;
        }
        try (PreparedStatement statement = connection.prepareStatement(FLEET)) {
            statement.setString(1, "^" + Announcement.PREFIX + name + ":[0-9a-f]{8}:");
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new FleetFacts(row.getInt(1), row.getBoolean(2), row.getBoolean(3), row.getBoolean(4));
            }
        } catch (SQLException e) {
            return null; // which activity_unreadable says
        }
    }

    private static @Nullable String tls(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(TLS)) {
            return row.next() ? row.getString(1) : null;
        }
    }

    private static @Nullable Map<String, Integer> sessions(Connection connection) {
        try {
            return counts(connection, SESSIONS);
        } catch (SQLException e) {
            return null; // the right to read it can be taken away
        }
    }

    private static Map<String, Integer> counts(Connection connection, String sql) throws SQLException {
        Map<String, Integer> counts = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                counts.put(row.getString(1), row.getInt(2));
            }
        }
        return counts;
    }

    private static Map<String, SessionFacts.Role> roles(Connection connection, List<String> names) throws SQLException {
        Map<String, SessionFacts.Role> roles = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(ROLES)) {
            statement.setArray(1, connection.createArrayOf("text", names.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    roles.put(
                            row.getString(1),
                            new SessionFacts.Role(row.getInt(2), row.getBoolean(3), row.getBoolean(4)));
                }
            }
        }
        return roles;
    }

    // ---- what Spillway would do there ------------------------------------------------------------------------------

    private List<Answer.Failure> failures(Connection connection, Login login) {
        List<Answer.Failure> failures = new ArrayList<>();
        @Nullable String lookup = login.lookup();
        if (lookup != null) {
            lookUp(connection, login.user(), lookup, failures);
        }
        run(connection, "server_check_query", config.serverCheckQuery(), failures);
        run(connection, "connect_query", login.connectQuery(), failures);
        return failures;
    }

    private static void run(Connection connection, String setting, String sql, List<Answer.Failure> failures) {
        if (sql.isBlank()) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            failures.add(new Answer.Failure(setting, words(e)));
        }
    }

    /** Looks the user of the connection up, who is there for certain. */
    private static void lookUp(Connection connection, String user, String query, List<Answer.Failure> failures) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("prepare spillway_check as " + query);
            try (ResultSet row = statement.executeQuery("execute spillway_check('" + user.replace("'", "''") + "')")) {
                int columns = row.getMetaData().getColumnCount();
                if (columns != 2) {
                    failures.add(new Answer.Failure(
                            "auth_query", "it returns " + columns + " columns instead of a name and a password"));
                } else if (!row.next() || row.getString(1) == null) {
                    failures.add(new Answer.Failure("auth_query", "it does not find user \"" + user + "\""));
                }
            }
        } catch (SQLException e) {
            failures.add(new Answer.Failure("auth_query", words(e)));
        }
    }
}
