package dev.spillway.core.config;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration: one immutable value, read by every part of the proxy on any thread. A reload makes a new
 * one.
 * What each accessor means stands once, in {@link Settings}. It never prints a secret.
 *
 * @param databases by the name that clients ask for, {@code *} included, in the order of the configuration
 * @param users by name
 */
public record ProxyConfig(SettingValues values, Map<String, DatabaseConfig> databases, Map<String, UserConfig> users) {
    /** The database that stands for every name that is not configured. */
    public static final String FALLBACK = "*";

    /** Names of the console, which no database may have. */
    public static final Set<String> CONSOLE_DATABASES = Set.of("spillway", "pgbouncer");

    public ProxyConfig {
        databases = Collections.unmodifiableMap(new LinkedHashMap<>(databases));
        users = Collections.unmodifiableMap(new LinkedHashMap<>(users));
    }

    /** The built-in defaults: no database and no user. */
    public static ProxyConfig defaults() {
        return new ProxyConfig(SettingValues.DEFAULTS, Map.of(), Map.of());
    }

    /** A copy in which one global setting is different; null takes the default back. Nothing is checked. */
    public <T> ProxyConfig with(Setting<T> setting, @Nullable T value) {
        return new ProxyConfig(values.with(setting, value), databases, users);
    }

    /** A copy with one more database, or another one of its name. */
    public ProxyConfig with(DatabaseConfig database) {
        Map<String, DatabaseConfig> copy = new LinkedHashMap<>(databases);
        copy.put(database.name(), database);
        return new ProxyConfig(values, copy, users);
    }

    /** A copy with one more user, or another one of its name. */
    public ProxyConfig with(UserConfig user) {
        Map<String, UserConfig> copy = new LinkedHashMap<>(users);
        copy.put(user.name(), user);
        return new ProxyConfig(values, databases, copy);
    }

    /**
     * A copy that keeps what {@code running} has of the settings that need a restart; {@code changed} hears of each that is
     * different here.
     */
    public ProxyConfig keepingFixed(ProxyConfig running, Consumer<Setting<?>> changed) {
        SettingValues kept = values;
        for (Setting<?> setting : Settings.global()) {
            SettingValues old = kept.withThatOf(running.values, setting);
            if (!setting.isReloadable() && !old.equals(kept)) {
                changed.accept(setting);
                kept = old;
            }
        }
        return new ProxyConfig(kept, databases, users);
    }

    /** The database of that name, else {@code *} under that name, else null. */
    public @Nullable DatabaseConfig database(String name) {
        @Nullable DatabaseConfig exact = databases.get(name);
        @Nullable DatabaseConfig fallback = databases.get(FALLBACK);
        return exact != null || fallback == null ? exact : fallback.standingFor(name);
    }

    /** Is it clients alone who say that there is a database of that name at PostgreSQL? */
    public boolean isNamedByClients(String name) {
        @Nullable DatabaseConfig fallback = databases.get(FALLBACK);
        return !databases.containsKey(name)
                && fallback != null
                && fallback.dbname() == null
                && !name.equals(authDbname())
                && databases.values().stream().noneMatch(database -> name.equals(database.authDbname()));
    }

    /** A copy that says by itself how TLS is spoken with its servers. */
    public DatabaseConfig withServerTls(DatabaseConfig database) {
        SslMode mode = sslmodeOf(database);
        SettingValues all = database.values();
        for (Setting<?> setting : TlsSettings.OF_SERVERS) {
            all = mode.isOn() ? all.withThatOf(values, setting) : all.with(setting, null);
        }
        return new DatabaseConfig(
                database.name(), all.with(TlsSettings.SERVER_TLS_SSLMODE, null).with(DatabaseSettings.SSLMODE, mode));
    }

    /** Are all settings of TLS, those of databases too, as {@code other} has them? */
    public boolean hasTlsOf(ProxyConfig other) {
        return TlsSettings.all().stream()
                        .allMatch(setting -> Objects.equals(values.find(setting), other.values.find(setting)))
                && databases.equals(other.databases);
    }

    /** How much TLS there must be with the servers of {@code database}. */
    public SslMode sslmodeOf(DatabaseConfig database) {
        return Objects.requireNonNullElse(database.sslmode(), tls().serverTlsSslmode());
    }

    public List<String> listenAddr() {
        return List.copyOf(values.get(Settings.LISTEN_ADDR));
    }

    public int listenPort() {
        return values.get(Settings.LISTEN_PORT);
    }

    /** Null: no Unix socket. */
    public @Nullable String unixSocketDir() {
        return values.find(Settings.UNIX_SOCKET_DIR);
    }

    public int unixSocketMode() {
        return values.get(Settings.UNIX_SOCKET_MODE);
    }

    public @Nullable String unixSocketGroup() {
        return values.find(Settings.UNIX_SOCKET_GROUP);
    }

    public boolean proxyProtocol() {
        return values.get(Settings.PROXY_PROTOCOL);
    }

    public boolean applicationNameAddHost() {
        return values.get(Settings.APPLICATION_NAME_ADD_HOST);
    }

    public AuthType authType() {
        return values.get(Settings.AUTH_TYPE);
    }

    public @Nullable String authFile() {
        return values.find(Settings.AUTH_FILE);
    }

    public @Nullable String authHbaFile() {
        return values.find(Settings.AUTH_HBA_FILE);
    }

    public @Nullable String authIdentFile() {
        return values.find(Settings.AUTH_IDENT_FILE);
    }

    /** Null: nobody is looked up, where the database does not say otherwise. */
    public @Nullable String authUser() {
        return values.find(LookupSettings.AUTH_USER);
    }

    public String authQuery() {
        return values.get(LookupSettings.AUTH_QUERY);
    }

    public int scramIterations() {
        return values.get(LookupSettings.SCRAM_ITERATIONS);
    }

    /** Empty: none. */
    public String loginNotifyMessage() {
        return values.get(LookupSettings.LOGIN_NOTIFY_MESSAGE);
    }

    /** Null: no directory is asked about everybody. */
    public @Nullable LdapOptions authLdapOptions() {
        return values.find(LookupSettings.AUTH_LDAP_OPTIONS);
    }

    /** Null: the client's database. */
    public @Nullable String authDbname() {
        return values.find(LookupSettings.AUTH_DBNAME);
    }

    /** Are users looked up on connections of {@code user}, wherever? */
    public boolean looksUsersUpAs(String user) {
        return user.equals(authUser())
                || databases.values().stream().anyMatch(database -> user.equals(database.authUser()));
    }

    public TlsConfig tls() {
        return new TlsConfig(values);
    }

    public PoolMode poolMode() {
        return values.get(Settings.POOL_MODE);
    }

    public int defaultPoolSize() {
        return values.get(Settings.DEFAULT_POOL_SIZE);
    }

    public int minPoolSize() {
        return values.get(Settings.MIN_POOL_SIZE);
    }

    public int reservePoolSize() {
        return values.get(Settings.RESERVE_POOL_SIZE);
    }

    public Duration reservePoolTimeout() {
        return values.get(Settings.RESERVE_POOL_TIMEOUT);
    }

    public LogConfig log() {
        return new LogConfig(values);
    }

    public CapacityConfig capacity() {
        return new CapacityConfig(values);
    }

    /** 0: no limit. */
    public int maxDbConnections() {
        return values.get(Settings.MAX_DB_CONNECTIONS);
    }

    /** 0: no limit. */
    public int maxUserConnections() {
        return values.get(Settings.MAX_USER_CONNECTIONS);
    }

    /** 0: no limit. */
    public int maxDbClientConnections() {
        return values.get(Settings.MAX_DB_CLIENT_CONNECTIONS);
    }

    /** 0: no limit. */
    public int maxUserClientConnections() {
        return values.get(Settings.MAX_USER_CLIENT_CONNECTIONS);
    }

    public boolean serverRoundRobin() {
        return values.get(Settings.SERVER_ROUND_ROBIN);
    }

    public int maxClientConn() {
        return values.get(Settings.MAX_CLIENT_CONN);
    }

    public Duration queryWaitTimeout() {
        return values.get(Settings.QUERY_WAIT_TIMEOUT);
    }

    public boolean queryWaitTimeoutFatal() {
        return values.get(Settings.QUERY_WAIT_TIMEOUT_FATAL);
    }

    public Duration queryWaitNotify() {
        return values.get(Settings.QUERY_WAIT_NOTIFY);
    }

    public boolean failFast() {
        return values.get(Settings.FAIL_FAST);
    }

    public Duration pipelineSlice() {
        return values.get(Settings.PIPELINE_SLICE);
    }

    public int maxPreparedStatements() {
        return values.get(StatementSettings.MAX_PREPARED_STATEMENTS);
    }

    public int maxClientPreparedStatements() {
        return values.get(StatementSettings.MAX_CLIENT_PREPARED_STATEMENTS);
    }

    public int maxInternedBytes() {
        return values.get(StatementSettings.MAX_INTERNED_BYTES);
    }

    public boolean reserveSessionServerConnection() {
        return values.get(Settings.RESERVE_SESSION_SERVER_CONNECTION);
    }

    public Duration queryTimeout() {
        return values.get(Settings.QUERY_TIMEOUT);
    }

    public Duration transactionTimeout() {
        return values.get(Settings.TRANSACTION_TIMEOUT);
    }

    public Duration idleTransactionTimeout() {
        return values.get(Settings.IDLE_TRANSACTION_TIMEOUT);
    }

    public Duration clientIdleTimeout() {
        return values.get(Settings.CLIENT_IDLE_TIMEOUT);
    }

    public Duration serverCheckDelay() {
        return values.get(Settings.SERVER_CHECK_DELAY);
    }

    public String serverCheckQuery() {
        return values.get(Settings.SERVER_CHECK_QUERY);
    }

    public Duration serverIdleTimeout() {
        return values.get(Settings.SERVER_IDLE_TIMEOUT);
    }

    public Duration serverLifetime() {
        return values.get(Settings.SERVER_LIFETIME);
    }

    public boolean serverFastClose() {
        return values.get(Settings.SERVER_FAST_CLOSE);
    }

    /** 0: never. */
    public Duration poolIdleTimeout() {
        return values.get(Settings.POOL_IDLE_TIMEOUT);
    }

    /** 0: never. */
    public Duration autodbIdleTimeout() {
        return values.get(Settings.AUTODB_IDLE_TIMEOUT);
    }

    public Duration clientLoginTimeout() {
        return values.get(Settings.CLIENT_LOGIN_TIMEOUT);
    }

    public Duration serverConnectTimeout() {
        return values.get(Settings.SERVER_CONNECT_TIMEOUT);
    }

    public Duration serverLoginRetry() {
        return values.get(Settings.SERVER_LOGIN_RETRY);
    }

    public Duration dnsMaxTtl() {
        return values.get(Settings.DNS_MAX_TTL);
    }

    public Duration dnsNxdomainTtl() {
        return values.get(Settings.DNS_NXDOMAIN_TTL);
    }

    public Duration cancelWaitTimeout() {
        return values.get(Settings.CANCEL_WAIT_TIMEOUT);
    }

    public Duration suspendTimeout() {
        return values.get(Settings.SUSPEND_TIMEOUT);
    }

    public Duration shutdownTimeout() {
        return values.get(Settings.SHUTDOWN_TIMEOUT);
    }

    public String serverResetQuery() {
        return values.get(StateSettings.SERVER_RESET_QUERY);
    }

    public boolean serverResetQueryAlways() {
        return values.get(StateSettings.SERVER_RESET_QUERY_ALWAYS);
    }

    public Set<String> trackExtraParameters() {
        return values.get(StateSettings.TRACK_EXTRA_PARAMETERS);
    }

    public SessionState sessionState() {
        return values.get(StateSettings.SESSION_STATE);
    }

    public StateCheck sessionStateCheck() {
        return values.get(StateSettings.SESSION_STATE_CHECK);
    }

    public Set<String> suspectFunctions() {
        return values.get(StateSettings.SUSPECT_FUNCTIONS);
    }

    public int maxPinnedServers() {
        return values.get(StateSettings.MAX_PINNED_SERVERS);
    }

    public int notifyBuffer() {
        return values.get(StateSettings.NOTIFY_BUFFER);
    }

    public Duration pinIdleTimeout() {
        return values.get(StateSettings.PIN_IDLE_TIMEOUT);
    }

    public Set<String> customSettings() {
        return values.get(StateSettings.CUSTOM_SETTINGS);
    }

    public Set<String> ignoreStartupParameters() {
        return values.get(Settings.IGNORE_STARTUP_PARAMETERS);
    }

    public Set<String> adminUsers() {
        return values.get(Settings.ADMIN_USERS);
    }

    public Set<String> statsUsers() {
        return values.get(Settings.STATS_USERS);
    }

    public Duration statsPeriod() {
        return values.get(Settings.STATS_PERIOD);
    }

    /** None: there is no admin port. */
    public List<String> adminListenAddr() {
        return List.copyOf(values.get(AdminSettings.ADMIN_LISTEN_ADDR));
    }

    /** 0: there is none. */
    public int adminListenPort() {
        return values.get(AdminSettings.ADMIN_LISTEN_PORT);
    }

    public boolean readyzRequiresServer() {
        return values.get(AdminSettings.READYZ_REQUIRES_SERVER);
    }

    public @Nullable String pidfile() {
        return values.find(ProcessSettings.PIDFILE);
    }

    /** The system's user that the process has to be; null: any. */
    public @Nullable String user() {
        return values.find(ProcessSettings.USER);
    }

    public Transport transport() {
        return values.get(Settings.TRANSPORT);
    }

    /** Event loops; 0: one per processor core. */
    public int lanes() {
        return values.get(Settings.LANES);
    }

    public boolean tcpKeepalive() {
        return values.get(Settings.TCP_KEEPALIVE);
    }

    /** 0: the system's, like the other numbers about TCP. */
    public int tcpKeepcnt() {
        return values.get(Settings.TCP_KEEPCNT);
    }

    /** Seconds. */
    public int tcpKeepidle() {
        return values.get(Settings.TCP_KEEPIDLE);
    }

    /** Seconds. */
    public int tcpKeepintvl() {
        return values.get(Settings.TCP_KEEPINTVL);
    }

    /** Milliseconds. */
    public int tcpUserTimeout() {
        return values.get(Settings.TCP_USER_TIMEOUT);
    }

    /** Bytes. */
    public int tcpSocketBuffer() {
        return values.get(Settings.TCP_SOCKET_BUFFER);
    }

    public boolean tcpDeferAccept() {
        return values.get(Settings.TCP_DEFER_ACCEPT);
    }

    public int listenBacklog() {
        return values.get(Settings.LISTEN_BACKLOG);
    }

    public boolean soReuseport() {
        return values.get(Settings.SO_REUSEPORT);
    }
}
