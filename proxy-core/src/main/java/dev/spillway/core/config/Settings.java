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
 * reference page are all made from these rows, in this order. Immutable. Names and meanings are PgBouncer's wherever it
 * has the same thing; {@code docs/adding-a-setting.md} says how a row comes to be.
 */
public final class Settings {
    /** PostgreSQL's own limit of max_connections: MAX_BACKENDS in src/include/storage/procnumber.h. */
    static final int MAX_BACKENDS = 262_143;

    private static final List<Setting<?>> GLOBAL = new ArrayList<>();

    public static final Setting<Set<String>> LISTEN_ADDR = global(Setting.of(
            "listen_addr",
            new NamesType(),
            Set.of("127.0.0.1"),
            RESTART,
            "Addresses or host names to listen on; `*` is every address of the machine. Empty with a"
                    + " `unix_socket_dir` listens there alone."));
    public static final Setting<Integer> LISTEN_PORT = global(Setting.of(
            "listen_port",
            new IntegerType(0, 65_535),
            6432,
            RESTART,
            "Port for clients, part of the name of a Unix socket too; 0 lets the system choose a free one."));
    public static final Setting<String> UNIX_SOCKET_DIR = global(Setting.optional(
            "unix_socket_dir",
            new SocketDirType(),
            "\"\"",
            RESTART,
            "Listen on the Unix socket `.s.PGSQL.PORT` in this directory too. PgBouncer's default is `/tmp`; here it is"
                    + " none, for it would let in every user of the machine unasked."));
    public static final Setting<Integer> UNIX_SOCKET_MODE = global(Setting.of(
            "unix_socket_mode",
            new FileModeType(),
            0777,
            RESTART,
            "Permissions of the Unix socket's file; who may write to it may connect. Abstract sockets have none."));
    public static final Setting<String> UNIX_SOCKET_GROUP = global(Setting.optional(
            "unix_socket_group",
            new TextType(),
            "\"\"",
            RESTART,
            "Group that the Unix socket's file belongs to; without it, that of the process."));
    public static final Setting<Boolean> PROXY_PROTOCOL = global(Setting.of(
            "proxy_protocol",
            new FlagType(),
            false,
            RESTART,
            "Every TCP client stands behind a load balancer that sends the header of the PROXY protocol, version 2, and"
                    + " is known by the address in it. A connection without one is closed, so nobody else may be able"
                    + " to reach the port: whoever can may give any address."));
    public static final Setting<AuthType> AUTH_TYPE = global(Setting.of(
            "auth_type",
            ChoiceType.of(AuthType.class, AuthType::spelling, "gss"),
            AuthType.SCRAM_SHA_256,
            RELOAD,
            "How clients prove who they are. `trust` believes the name they give, which has to be in `auth_file` if"
                + " there is one; `any` ignores the name too, and every database then needs a `user`. `cert` lets a"
                + " known user in whose certificate has the name as its common name, with `client_tls_sslmode`"
                + " `verify-full`; `peer` one whom the system calls so too, at a Unix socket. `ldap` and `pam` ask a"
                + " directory (`auth_ldap_options`) or the system about the password. `hba` is whatever"
                + " `auth_hba_file` says."));
    public static final Setting<String> AUTH_FILE = global(Setting.optional(
            "auth_file",
            new TextType(),
            "\"\"",
            RELOAD,
            "File of user names and passwords or stored secrets, in PgBouncer's format; a relative path starts at the"
                    + " working directory."));

    public static final Setting<String> AUTH_HBA_FILE = global(Setting.optional(
            "auth_hba_file",
            new TextType(),
            "\"\"",
            RELOAD,
            "With `auth_type` `hba`: the file that says how which clients prove who they are, in the format of"
                    + " `pg_hba.conf` as far as PgBouncer has it."));
    public static final Setting<String> AUTH_IDENT_FILE = global(Setting.optional(
            "auth_ident_file",
            new TextType(),
            "\"\"",
            RELOAD,
            "The maps of users that `auth_hba_file` mentions, in the format of `pg_ident.conf` as far as PgBouncer"
                    + " has it."));

    static {
        GLOBAL.addAll(LookupSettings.all());
        GLOBAL.addAll(TlsSettings.all());
    }

    public static final Setting<PoolMode> POOL_MODE = global(Setting.of(
            "pool_mode",
            poolMode(),
            PoolMode.TRANSACTION,
            RELOAD,
            "When a server connection goes back to its pool: at the end of the client's `transaction`, of its"
                + " `session` or of each `statement`, which forbids transactions of several statements. Clients that"
                + " are connected keep theirs."));
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
            "Server connections that a pool keeps open, idle or not: once a client has come, and from the"
                    + " start where the database has a `user`. Those without one are not tried for anew while no"
                    + " client is there."));
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

    static {
        GLOBAL.addAll(CapacitySettings.all());
    }

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
    public static final Setting<Boolean> QUERY_WAIT_TIMEOUT_FATAL = global(Setting.of(
            "query_wait_timeout_fatal",
            new FlagType(),
            false,
            RELOAD,
            "Disconnect a client that has waited for `query_wait_timeout`, as PgBouncer does, instead of failing its"
                    + " statement alone."));
    public static final Setting<Duration> QUERY_WAIT_NOTIFY = global(Setting.of(
            "query_wait_notify",
            new DurationType(),
            Duration.ofSeconds(5),
            RELOAD,
            "A client that has waited for a server connection for so long gets a notice; 0 sends none."));
    public static final Setting<Boolean> FAIL_FAST = global(Setting.of(
            "fail_fast",
            new FlagType(),
            false,
            RELOAD,
            "Fail logins and statements at once while no server connection of the pool is open and none can be opened,"
                    + " instead of letting them wait."));
    public static final Setting<Duration> PIPELINE_SLICE = global(Setting.of(
            "pipeline_slice",
            new DurationType(),
            Duration.ofMillis(20),
            RELOAD,
            "How long a client that sends statements without waiting for answers keeps its server connection while"
                    + " others wait for one; 0 lets it keep it."));

    static {
        GLOBAL.addAll(StatementSettings.all());
    }

    public static final Setting<Boolean> RESERVE_SESSION_SERVER_CONNECTION = global(Setting.of(
            "reserve_session_server_connection",
            new FlagType(),
            false,
            RELOAD,
            "Give a client of a session pool its server connection when it logs in, not with its first statement."));
    public static final Setting<Duration> QUERY_TIMEOUT = global(Setting.of(
            "query_timeout",
            new DurationType(),
            Duration.ZERO,
            RELOAD,
            "A statement that takes longer is cancelled and its client disconnected; 0 sets no limit."));
    public static final Setting<Duration> TRANSACTION_TIMEOUT = global(Setting.of(
            "transaction_timeout",
            new DurationType(),
            Duration.ZERO,
            RELOAD,
            "A transaction that takes longer is rolled back and its client disconnected; 0 sets no limit."));
    public static final Setting<Duration> IDLE_TRANSACTION_TIMEOUT = global(Setting.of(
            "idle_transaction_timeout",
            new DurationType(),
            Duration.ZERO,
            RELOAD,
            "A client that says nothing inside a transaction for so long is disconnected and rolled back; 0 sets no"
                    + " limit."));
    public static final Setting<Duration> CLIENT_IDLE_TIMEOUT = global(Setting.of(
            "client_idle_timeout",
            new DurationType(),
            Duration.ZERO,
            RELOAD,
            "A client that asks for nothing for so long, outside of a transaction, is disconnected; 0 sets no limit."));
    public static final Setting<Duration> SERVER_CHECK_DELAY = global(Setting.of(
            "server_check_delay",
            new DurationType(),
            Duration.ofSeconds(30),
            RELOAD,
            "A server connection that was idle for longer has to answer `server_check_query` before a client gets it; 0"
                    + " checks none."));
    public static final Setting<String> SERVER_CHECK_QUERY = global(Setting.of(
            "server_check_query",
            new TextType(),
            "select 1",
            RELOAD,
            "SQL that shows whether a server connection still works; empty checks none."));
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
    public static final Setting<Boolean> SERVER_FAST_CLOSE = global(Setting.of(
            "server_fast_close",
            new FlagType(),
            false,
            RELOAD,
            "When RELOAD has changed where the servers of a database are, disconnect its clients of session pools as"
                    + " soon as they are outside of a transaction, instead of letting their sessions last on the old"
                    + " server."));
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
    public static final Setting<Duration> DNS_MAX_TTL = global(Setting.of(
            "dns_max_ttl",
            new DurationType(),
            Duration.ofSeconds(15),
            RELOAD,
            "How long the addresses of a server's name are used before it is looked up again; the TTL of DNS is"
                    + " ignored."));
    public static final Setting<Duration> DNS_NXDOMAIN_TTL = global(Setting.of(
            "dns_nxdomain_ttl",
            new DurationType(),
            Duration.ofSeconds(15),
            RELOAD,
            "How long a look-up that failed is remembered."));
    public static final Setting<Duration> CANCEL_WAIT_TIMEOUT = global(Setting.of(
            "cancel_wait_timeout",
            new DurationType(),
            Duration.ofSeconds(10),
            RELOAD,
            "How long a cancel request may wait to be passed on; 0 waits for ever."));
    public static final Setting<Duration> SUSPEND_TIMEOUT = global(Setting.of(
            "suspend_timeout",
            new DurationType(),
            Duration.ofSeconds(10),
            RELOAD,
            "How long after SUSPEND a client or server may take to read what was written to it before it is"
                    + " disconnected; 0 waits for ever."));
    public static final Setting<Duration> SHUTDOWN_TIMEOUT = global(Setting.of(
            "shutdown_timeout",
            new DurationType(),
            Duration.ofSeconds(60),
            RELOAD,
            "How long clients may take to finish their transactions after SIGTERM, SIGINT or SHUTDOWN WAIT_FOR_…; 0"
                    + " disconnects them at once."));

    static {
        GLOBAL.addAll(StateSettings.all());
    }

    public static final Setting<Set<String>> IGNORE_STARTUP_PARAMETERS = global(Setting.of(
            "ignore_startup_parameters",
            new NamesType(),
            Set.of(),
            RELOAD,
            "Startup parameters of clients that are accepted and have no effect. `options` is for all that `options`"
                    + " set but what PgBouncer follows (`track_extra_parameters`), where it is no replication."));
    public static final Setting<Boolean> APPLICATION_NAME_ADD_HOST = global(Setting.of(
            "application_name_add_host",
            new FlagType(),
            false,
            RELOAD,
            "Add the client's address and port to the `application_name` that it starts with. Every client has settings"
                    + " of its own then, which are put into force each time it takes over a server connection."));
    public static final Setting<Set<String>> ADMIN_USERS = global(Setting.of(
            "admin_users", new NamesType(), Set.of(), RELOAD, "Users who may run every command of the console."));
    public static final Setting<Set<String>> STATS_USERS = global(Setting.of(
            "stats_users",
            new NamesType(),
            Set.of(),
            RELOAD,
            "Users who may run the SHOW commands of the console; with `auth_type = \"any\"` everyone may."));
    public static final Setting<Duration> STATS_PERIOD = global(Setting.of(
            "stats_period",
            new DurationType(),
            Duration.ofSeconds(60),
            RELOAD,
            "The time over which SHOW STATS takes its averages."));

    static {
        GLOBAL.addAll(AdminSettings.all());
        GLOBAL.addAll(ProcessSettings.all());
    }

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
            "Event loops, each a thread; `auto` has one per processor core and uses as many as the load needs."));
    public static final Setting<Boolean> TCP_KEEPALIVE = global(Setting.of(
            "tcp_keepalive",
            new FlagType(),
            true,
            RESTART,
            "Let the system probe silent connections, on both sides, with its own timings or those that follow."));
    public static final Setting<Integer> TCP_KEEPCNT = global(Setting.of(
            "tcp_keepcnt",
            new IntegerType(0, 127),
            0,
            RESTART,
            "Probes without an answer that end a connection; 0 is the system's number."));
    public static final Setting<Integer> TCP_KEEPIDLE = global(Setting.of(
            "tcp_keepidle",
            new IntegerType(0, 32_767),
            0,
            RESTART,
            "Seconds of silence before the first probe; 0 is the system's number."));
    public static final Setting<Integer> TCP_KEEPINTVL = global(Setting.of(
            "tcp_keepintvl",
            new IntegerType(0, 32_767),
            0,
            RESTART,
            "Seconds between probes; 0 is the system's number."));
    public static final Setting<Integer> TCP_USER_TIMEOUT = global(Setting.of(
            "tcp_user_timeout",
            new IntegerType(0, Integer.MAX_VALUE),
            0,
            RESTART,
            "Milliseconds after which a connection ends whose peer does not acknowledge what was sent; 0 is the"
                    + " system's number. Not with `transport = \"nio\"`."));
    public static final Setting<Integer> TCP_SOCKET_BUFFER = global(Setting.of(
            "tcp_socket_buffer",
            new IntegerType(0, 1 << 30),
            0,
            RESTART,
            "Bytes that the system buffers for each direction of a TCP connection; 0 lets it choose and adapt."));
    public static final Setting<Boolean> TCP_DEFER_ACCEPT = global(Setting.of(
            "tcp_defer_accept",
            new FlagType(),
            true,
            RESTART,
            "Let the system keep a client back until it has sent something, for 45 seconds at most;"
                    + " `client_login_timeout` begins after that. Not with `transport = \"nio\"`."));
    public static final Setting<Integer> LISTEN_BACKLOG = global(Setting.of(
            "listen_backlog",
            new IntegerType(1, 65_535),
            4096,
            RESTART,
            "Connections that may wait to be accepted; Linux allows no more than `net.core.somaxconn`. PgBouncer's"
                    + " default is 128."));
    public static final Setting<Boolean> SO_REUSEPORT = global(Setting.of(
            "so_reuseport",
            new FlagType(),
            false,
            RESTART,
            "Let other processes listen on the same port, among which the system divides new clients. Each has pools"
                    + " and limits of its own, and finds only its own clients to cancel."));

    private Settings() {}

    /** Settings of the whole proxy, as they stand in the documentation. */
    public static List<Setting<?>> global() {
        return List.copyOf(GLOBAL);
    }

    /** Settings of one database: the keys of {@code [databases.NAME]}. */
    public static List<Setting<?>> database() {
        return DatabaseSettings.all();
    }

    /** Settings of one user: the keys of {@code [users.NAME]}. */
    public static List<Setting<?>> user() {
        return UserSettings.all();
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

    static ChoiceType<PoolMode> poolMode() {
        return ChoiceType.of(PoolMode.class, PoolMode::spelling);
    }

    private static <T> Setting<T> global(Setting<T> setting) {
        GLOBAL.add(setting);
        return setting;
    }
}
