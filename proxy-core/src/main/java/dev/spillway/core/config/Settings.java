package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;
import static dev.spillway.core.config.Setting.Change.RESTART;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The registry: every setting there is, once. Files, environment, command line, SHOW CONFIG, the sample file and the
 * reference page are all made from these rows, in this order. Immutable. Names and meanings are PgBouncer's wherever
 * it has
 * the same thing; {@code docs/adding-a-setting.md} says how a row comes to be.
 */
public final class Settings {
    /** PostgreSQL's own limit of max_connections: MAX_BACKENDS in src/include/storage/procnumber.h. */
    private static final int MAX_BACKENDS = 262_143;

    private static final List<Setting<?>> GLOBAL = new ArrayList<>();
    private static final List<Setting<?>> DATABASE = new ArrayList<>();
    private static final List<Setting<?>> USER = new ArrayList<>();

    public static final Setting<Set<String>> LISTEN_ADDR = global(Setting.of(
            "listen_addr",
            new NamesType(),
            Set.of("127.0.0.1"),
            RESTART,
            "Addresses or host names to listen on; `*` is every address of the machine."));
    public static final Setting<Integer> LISTEN_PORT = global(Setting.of(
            "listen_port",
            new IntegerType(0, 65_535),
            6432,
            RESTART,
            "TCP port for clients; 0 lets the system choose a free one."));
    public static final Setting<AuthType> AUTH_TYPE = global(Setting.of(
            "auth_type",
            ChoiceType.of(AuthType.class, AuthType::spelling, "cert", "hba", "ldap", "pam", "peer", "gss"),
            AuthType.SCRAM_SHA_256,
            RELOAD,
            "How clients prove who they are. `trust` believes the name they give and needs no list of users; `any`"
                    + " ignores the name too, and every database then needs a `user`."));
    public static final Setting<String> AUTH_FILE = global(Setting.optional(
            "auth_file",
            new TextType(),
            "\"\"",
            RELOAD,
            "File of user names and passwords or stored secrets, in PgBouncer's format; a relative path starts at the"
                    + " working directory."));
    public static final Setting<PoolMode> POOL_MODE = global(Setting.of(
            "pool_mode",
            poolMode(),
            PoolMode.TRANSACTION,
            RELOAD,
            "When a server connection goes back to its pool: at the end of the client's `transaction` or of its"
                    + " `session`. Clients that are connected keep theirs."));
    public static final Setting<Integer> DEFAULT_POOL_SIZE = global(Setting.of(
            "default_pool_size",
            new IntegerType(1, MAX_BACKENDS),
            20,
            RELOAD,
            "Most server connections of one pool, that is of one user to one database."));
    public static final Setting<Integer> MIN_POOL_SIZE = global(Setting.of(
            "min_pool_size",
            new IntegerType(0, MAX_BACKENDS),
            0,
            RELOAD,
            "Server connections that a pool keeps open once a client has come, idle or not."));
    public static final Setting<Integer> RESERVE_POOL_SIZE = global(Setting.of(
            "reserve_pool_size",
            new IntegerType(0, MAX_BACKENDS),
            30,
            RELOAD,
            "How many more a pool may have once a client has waited for `reserve_pool_timeout`; 0 allows none."));
    public static final Setting<Duration> RESERVE_POOL_TIMEOUT = global(Setting.of(
            "reserve_pool_timeout",
            new DurationType(),
            Duration.ofSeconds(5),
            RELOAD,
            "How long a client waits before its pool may use the reserve; 0 never uses it."));
    public static final Setting<Integer> MAX_DB_CONNECTIONS = global(Setting.of(
            "max_db_connections",
            new IntegerType(0, MAX_BACKENDS),
            0,
            RELOAD,
            "Most server connections to one database, over all users; 0 sets no limit."));
    public static final Setting<Integer> MAX_USER_CONNECTIONS = global(Setting.of(
            "max_user_connections",
            new IntegerType(0, MAX_BACKENDS),
            0,
            RELOAD,
            "Most server connections of one user, over all databases; 0 sets no limit."));
    public static final Setting<Integer> MAX_DB_CLIENT_CONNECTIONS = global(Setting.of(
            "max_db_client_connections",
            new IntegerType(0, 1_000_000),
            0,
            RELOAD,
            "Most clients of one database at a time; 0 sets no limit."));
    public static final Setting<Integer> MAX_USER_CLIENT_CONNECTIONS = global(Setting.of(
            "max_user_client_connections",
            new IntegerType(0, 1_000_000),
            0,
            RELOAD,
            "Most clients that are logged in as one user at a time; 0 sets no limit."));
    public static final Setting<Boolean> SERVER_ROUND_ROBIN = global(Setting.of(
            "server_round_robin",
            new FlagType(),
            false,
            RELOAD,
            "Take the server connection that has been idle longest, instead of the one used last."));
    public static final Setting<Integer> MAX_CLIENT_CONN = global(Setting.of(
            "max_client_conn",
            new IntegerType(1, 1_000_000),
            10_000,
            RELOAD,
            "Most client connections at a time, logged in or not; the process needs as many file descriptors, a tenth"
                    + " more for cancel requests and the console, and those of the servers."));
    public static final Setting<Duration> QUERY_WAIT_TIMEOUT = global(Setting.of(
            "query_wait_timeout",
            new DurationType(),
            Duration.ofSeconds(30),
            RELOAD,
            "How long a client waits for a server connection before it is told that there is none; 0 waits for ever."));
    public static final Setting<Duration> SERVER_IDLE_TIMEOUT = global(Setting.of(
            "server_idle_timeout",
            new DurationType(),
            Duration.ofMinutes(10),
            RELOAD,
            "A server connection that nobody used for so long is closed; 0 keeps it."));
    public static final Setting<Duration> SERVER_LIFETIME = global(Setting.of(
            "server_lifetime",
            new DurationType(),
            Duration.ofMinutes(10),
            RELOAD,
            "A server connection that is older is closed when it is next released; 0 uses each one once."));
    public static final Setting<Duration> POOL_IDLE_TIMEOUT = global(Setting.of(
            "pool_idle_timeout",
            new DurationType(),
            Duration.ZERO,
            RELOAD,
            "A pool that has had neither clients nor servers for so long is freed, and its figures in SHOW STATS are"
                    + " forgotten; 0 keeps it."));
    public static final Setting<Duration> AUTODB_IDLE_TIMEOUT = global(Setting.of(
            "autodb_idle_timeout",
            new DurationType(),
            Duration.ofHours(1),
            RELOAD,
            "The same for pools of databases that have no table of their own and are served by `*`, whose names"
                    + " clients may invent; 0 keeps them."));
    public static final Setting<Duration> CLIENT_LOGIN_TIMEOUT = global(Setting.of(
            "client_login_timeout",
            new DurationType(),
            Duration.ofSeconds(60),
            RELOAD,
            "A client that has not logged in after so long is disconnected; 0 waits for ever."));
    public static final Setting<Duration> SERVER_CONNECT_TIMEOUT = global(Setting.of(
            "server_connect_timeout",
            new DurationType(),
            Duration.ofSeconds(15),
            RELOAD,
            "How long connecting and logging in to a server may take; 0 waits for ever."));
    public static final Setting<Duration> SERVER_LOGIN_RETRY = global(Setting.of(
            "server_login_retry",
            new DurationType(),
            Duration.ofSeconds(15),
            RELOAD,
            "Longest pause between attempts to reach a server that failed; the pauses grow up to it."));
    public static final Setting<Duration> CANCEL_WAIT_TIMEOUT = global(Setting.of(
            "cancel_wait_timeout",
            new DurationType(),
            Duration.ofSeconds(10),
            RELOAD,
            "How long a cancel request may wait to be passed on; 0 waits for ever."));
    public static final Setting<Duration> SHUTDOWN_TIMEOUT = global(Setting.of(
            "shutdown_timeout",
            new DurationType(),
            Duration.ofSeconds(60),
            RELOAD,
            "How long clients may take to finish their transactions after SIGTERM, SIGINT or SHUTDOWN WAIT_FOR_…; 0"
                    + " disconnects them at once."));
    public static final Setting<String> SERVER_RESET_QUERY = global(Setting.of(
            "server_reset_query",
            new TextType(),
            "DISCARD ALL",
            RELOAD,
            "SQL that cleans a server connection when a client of a session pool leaves; empty sends nothing."
                    + " Transaction pools do not use it."));
    public static final Setting<Set<String>> IGNORE_STARTUP_PARAMETERS = global(Setting.of(
            "ignore_startup_parameters",
            new NamesType(),
            Set.of(),
            RELOAD,
            "Startup parameters of clients that are accepted and have no effect."));
    public static final Setting<Set<String>> ADMIN_USERS = global(Setting.of(
            "admin_users",
            new NamesType(),
            Set.of(),
            RELOAD,
            "Users who may run every command of the console. `auth_type = \"any\"` admits everyone."));
    public static final Setting<Set<String>> STATS_USERS = global(Setting.of(
            "stats_users", new NamesType(), Set.of(), RELOAD, "Users who may run the SHOW commands of the console."));
    public static final Setting<Duration> STATS_PERIOD = global(Setting.of(
            "stats_period",
            new DurationType(),
            Duration.ofSeconds(60),
            RELOAD,
            "The time over which SHOW STATS takes its averages."));
    public static final Setting<Boolean> LOG_CONNECTIONS =
            global(Setting.of("log_connections", new FlagType(), true, RELOAD, "Log each successful login."));
    public static final Setting<Boolean> LOG_DISCONNECTIONS = global(
            Setting.of("log_disconnections", new FlagType(), true, RELOAD, "Log each disconnection and its reason."));
    public static final Setting<Boolean> LOG_POOLER_ERRORS = global(Setting.of(
            "log_pooler_errors", new FlagType(), true, RELOAD, "Log each error that is ours and sent to a client."));
    public static final Setting<Transport> TRANSPORT = global(Setting.of(
            "transport",
            ChoiceType.of(Transport.class, Transport::spelling),
            Transport.AUTO,
            RESTART,
            "The system interface for sockets; `auto` takes the fastest that works here."));
    public static final Setting<Integer> LANES = global(Setting.of(
            "lanes",
            new AutoCountType(1024),
            0,
            RESTART,
            "Event loops, each a thread; `auto` takes one per processor core."));
    public static final Setting<Boolean> TCP_KEEPALIVE = global(Setting.of(
            "tcp_keepalive",
            new FlagType(),
            true,
            RESTART,
            "Let the system probe silent connections, on both sides, with its own timings."));

    public static final Setting<String> DATABASE_HOST =
            database(Setting.of("host", new HostType(), "127.0.0.1", RELOAD, "Host name or address of the server."));
    public static final Setting<Integer> DATABASE_PORT =
            database(Setting.of("port", new IntegerType(1, 65_535), 5432, RELOAD, "TCP port of the server."));
    public static final Setting<String> DATABASE_DBNAME = database(Setting.optional(
            "dbname",
            new TextType(),
            "\"app_production\"",
            RELOAD,
            "The database's name on the server; without it, the name that the client asked for."));
    public static final Setting<String> DATABASE_USER = database(Setting.optional(
            "user",
            new TextType(),
            "\"app\"",
            RELOAD,
            "Log in to the server as this user, whoever the client is; without it, as the client's user."));
    public static final Setting<Secret> DATABASE_PASSWORD = database(Setting.optional(
            "password",
            new SecretType(),
            "\"secret\"",
            RELOAD,
            "The password of `user`; without it, the one that is known from `[users.NAME]` or `auth_file`."));
    public static final Setting<PoolMode> DATABASE_POOL_MODE = database(Setting.optional(
            "pool_mode", poolMode(), "\"session\"", RELOAD, "Instead of the global `pool_mode`, for this database."));
    public static final Setting<Integer> DATABASE_POOL_SIZE = database(Setting.optional(
            "pool_size",
            new IntegerType(1, MAX_BACKENDS),
            "20",
            RELOAD,
            "Instead of `default_pool_size`, for each pool of this database."));
    public static final Setting<Integer> DATABASE_MIN_POOL_SIZE = database(Setting.optional(
            "min_pool_size",
            new IntegerType(0, MAX_BACKENDS),
            "0",
            RELOAD,
            "Instead of the global `min_pool_size`, for each pool of this database."));
    public static final Setting<Integer> DATABASE_MAX_CONNECTIONS = database(Setting.optional(
            "max_db_connections",
            new IntegerType(0, MAX_BACKENDS),
            "0",
            RELOAD,
            "Instead of the global `max_db_connections`, for this database."));
    public static final Setting<Integer> DATABASE_MAX_CLIENT_CONNECTIONS = database(Setting.optional(
            "max_db_client_connections",
            new IntegerType(0, 1_000_000),
            "0",
            RELOAD,
            "Instead of the global `max_db_client_connections`, for this database."));
    public static final Setting<Integer> DATABASE_RESERVE_POOL_SIZE = database(Setting.optional(
            "reserve_pool_size",
            new IntegerType(0, MAX_BACKENDS),
            "30",
            RELOAD,
            "Instead of the global `reserve_pool_size`, for each pool of this database."));

    public static final Setting<Duration> DATABASE_QUERY_WAIT_TIMEOUT = database(Setting.optional(
            "query_wait_timeout",
            new DurationType(),
            "\"30s\"",
            RELOAD,
            "Instead of the global `query_wait_timeout`, for this database."));
    public static final Setting<Duration> DATABASE_SERVER_LIFETIME = database(Setting.optional(
            "server_lifetime",
            new DurationType(),
            "\"10min\"",
            RELOAD,
            "Instead of the global `server_lifetime`, for this database."));

    public static final Setting<Secret> USER_PASSWORD = user(Setting.optional(
            "password",
            new SecretType(),
            "\"secret\"",
            RELOAD,
            "The user's password, as it is or as PostgreSQL stores it: `md5…` or `SCRAM-SHA-256$…`."));
    public static final Setting<PoolMode> USER_POOL_MODE = user(Setting.optional(
            "pool_mode", poolMode(), "\"session\"", RELOAD, "Instead of the database's `pool_mode`, for this user."));
    public static final Setting<Integer> USER_POOL_SIZE = user(Setting.optional(
            "pool_size",
            new IntegerType(1, MAX_BACKENDS),
            "20",
            RELOAD,
            "Instead of the database's `pool_size`, for each pool of this user."));
    public static final Setting<Integer> USER_RESERVE_POOL_SIZE = user(Setting.optional(
            "reserve_pool_size",
            new IntegerType(0, MAX_BACKENDS),
            "30",
            RELOAD,
            "Instead of the database's `reserve_pool_size`, for each pool of this user."));
    public static final Setting<Integer> USER_MAX_CONNECTIONS = user(Setting.optional(
            "max_user_connections",
            new IntegerType(0, MAX_BACKENDS),
            "0",
            RELOAD,
            "Instead of the global `max_user_connections`, for this user."));
    public static final Setting<Integer> USER_MAX_CLIENT_CONNECTIONS = user(Setting.optional(
            "max_user_client_connections",
            new IntegerType(0, 1_000_000),
            "0",
            RELOAD,
            "Instead of the global `max_user_client_connections`, for this user."));
    public static final Setting<Duration> USER_QUERY_WAIT_TIMEOUT = user(Setting.optional(
            "query_wait_timeout",
            new DurationType(),
            "\"30s\"",
            RELOAD,
            "Instead of the database's `query_wait_timeout`, for clients that log in as this user."));

    private Settings() {}

    /** Settings of the whole proxy, as they stand in the documentation. */
    public static List<Setting<?>> global() {
        return List.copyOf(GLOBAL);
    }

    /** Settings of one database: the keys of {@code [databases.NAME]}. */
    public static List<Setting<?>> database() {
        return List.copyOf(DATABASE);
    }

    /** Settings of one user: the keys of {@code [users.NAME]}. */
    public static List<Setting<?>> user() {
        return List.copyOf(USER);
    }

    /**
     * A row of SHOW CONFIG.
     *
     * @param changeable {@code yes} or {@code no}
     */
    public record ShowRow(String key, String value, String defaultValue, String changeable) {}

    /** SHOW CONFIG: the global settings by name, values in PgBouncer's style, secrets masked. */
    public static List<ShowRow> show(ProxyConfig config) {
        return GLOBAL.stream()
                .map(setting -> new ShowRow(
                        setting.name(),
                        setting.format(config.values()),
                        setting.defaultText(),
                        setting.isReloadable() ? "yes" : "no"))
                .sorted(Comparator.comparing(ShowRow::key))
                .toList();
    }

    private static ChoiceType<PoolMode> poolMode() {
        return ChoiceType.of(PoolMode.class, PoolMode::spelling, "statement");
    }

    private static <T> Setting<T> global(Setting<T> setting) {
        GLOBAL.add(setting);
        return setting;
    }

    private static <T> Setting<T> database(Setting<T> setting) {
        DATABASE.add(setting);
        return setting;
    }

    private static <T> Setting<T> user(Setting<T> setting) {
        USER.add(setting);
        return setting;
    }
}
