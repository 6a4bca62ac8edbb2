package dev.spillway.core.config;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds what each setting alone allows and all of them together do not. Used once, by one thread. */
final class Consistency {
    private final ProxyConfig config;
    private final TableReader global;
    private final Map<String, TableReader> databases;
    private final Map<String, TableReader> users;
    private final Problems problems;
    private final Problems doubts;

    /** {@code doubts} hears of what could be meant as it is; {@code problems} of what cannot. They may be the same. */
    Consistency(
            ProxyConfig config,
            TableReader global,
            Map<String, TableReader> databases,
            Map<String, TableReader> users,
            Problems problems,
            Problems doubts) {
        this.config = config;
        this.global = global;
        this.databases = databases;
        this.users = users;
        this.problems = problems;
        this.doubts = doubts;
    }

    /** {@code isComplete}: whether what is missing is really missing, and not in a file that could not be read. */
    void check(boolean isComplete, boolean needsDatabase) {
        checkAddresses();
        checkFleet();
        checkAdminPort();
        checkUnixSocket();
        checkKeepalive();
        checkTls();
        checkAccess();
        checkLookup(
                config.authQuery(),
                config.authDbname(),
                "",
                at(LookupSettings.AUTH_QUERY),
                at(LookupSettings.AUTH_DBNAME));
        checkReserve(config.queryWaitTimeout(), "", at(Settings.QUERY_WAIT_TIMEOUT, Settings.RESERVE_POOL_TIMEOUT));
        databases.forEach((name, table) ->
                checkDatabase(Objects.requireNonNull(config.databases().get(name)), table));
        users.forEach(
                (name, table) -> checkUser(Objects.requireNonNull(config.users().get(name)), table));
        if (isComplete && needsDatabase) {
            checkThatThereIsADatabase();
        }
        if (isComplete) {
            checkThatClientsCanLogIn();
        }
    }

    private void checkFleet() {
        String database = config.capacity().fleetDbname();
        if (config.capacity().fleetDeadAfter().toSeconds() < 2) {
            problems.add(
                    at(CapacitySettings.FLEET_DEAD_AFTER),
                    "fleet_dead_after is less than 2 s: members would take each other for dead");
        }
        if (database != null && config.databases().get(database) == null) {
            problems.add(
                    at(CapacitySettings.FLEET_DBNAME),
                    "fleet_dbname names the database " + database + ", which is not configured");
        }
    }

    private void checkAddresses() {
        boolean isTcp = !config.listenAddr().isEmpty();
        if (!isTcp && config.unixSocketDir() == null && global.areSound(Settings.UNIX_SOCKET_DIR)) {
            problems.add(at(Settings.LISTEN_ADDR), "listen_addr names no address, and there is no unix_socket_dir");
        }
        if (!isTcp && config.proxyProtocol()) {
            problems.add(
                    at(Settings.PROXY_PROTOCOL, Settings.LISTEN_ADDR),
                    "proxy_protocol is about TCP clients, but listen_addr names no address");
        }
        if (!isTcp && config.listenPort() == 0) {
            problems.add(
                    at(Settings.LISTEN_PORT, Settings.LISTEN_ADDR),
                    "listen_port 0 chooses a TCP port, but listen_addr names no address: give the port of the Unix"
                            + " socket");
        }
        if (config.listenAddr().contains("*") && config.listenAddr().size() > 1) {
            problems.add(at(Settings.LISTEN_ADDR), "listen_addr has '*', which is every address, and others beside it");
        }
    }

    private void checkAdminPort() {
        boolean isEvery = config.adminListenAddr().contains("*");
        if (isEvery && config.adminListenAddr().size() > 1) {
            problems.add(
                    at(AdminSettings.ADMIN_LISTEN_ADDR),
                    "admin_listen_addr has '*', which is every address, and others beside it");
        }
        boolean isSamePlace = isEvery
                || config.listenAddr().contains("*")
                || config.adminListenAddr().stream().anyMatch(config.listenAddr()::contains);
        if (config.adminListenPort() > 0 && config.adminListenPort() == config.listenPort() && isSamePlace) {
            problems.add(
                    at(AdminSettings.ADMIN_LISTEN_PORT, Settings.LISTEN_PORT),
                    "admin_listen_port and listen_port are both " + config.listenPort()
                            + ": give one of them another, or set admin_listen_port to 0");
        }
    }

    private void checkUnixSocket() {
        String directory = config.unixSocketDir();
        boolean hasFile = directory != null && !directory.startsWith("@");
        if (!hasFile && config.unixSocketGroup() != null && global.areSound(Settings.UNIX_SOCKET_DIR)) {
            doubts.add(
                    at(Settings.UNIX_SOCKET_GROUP),
                    "unix_socket_group has no effect: unix_socket_dir names no directory for a socket's file");
        }
        if (directory != null && directory.startsWith("@") && config.transport() == Transport.NIO) {
            problems.add(
                    at(Settings.UNIX_SOCKET_DIR),
                    "unix_socket_dir '" + directory + "' is abstract, which transport 'nio' cannot do");
        }
    }

    private void checkTls() {
        SslMode clients = config.tls().clientTlsSslmode();
        boolean isSound = global.areSound(TlsSettings.CLIENT_TLS_SSLMODE);
        if (isSound && clients.isOn()) {
            require(TlsSettings.CLIENT_TLS_KEY_FILE, config.tls().clientTlsKeyFile(), TlsSettings.CLIENT_TLS_SSLMODE);
            require(TlsSettings.CLIENT_TLS_CERT_FILE, config.tls().clientTlsCertFile(), TlsSettings.CLIENT_TLS_SSLMODE);
        }
        if (isSound && clients.isVerifying()) {
            require(TlsSettings.CLIENT_TLS_CA_FILE, config.tls().clientTlsCaFile(), TlsSettings.CLIENT_TLS_SSLMODE);
        }
        if (isSound && config.authType() == AuthType.CERT && clients != SslMode.VERIFY_FULL) {
            problems.add(
                    at(Settings.AUTH_TYPE, TlsSettings.CLIENT_TLS_SSLMODE),
                    "auth_type 'cert' needs client_tls_sslmode 'verify-full', not '" + clients.spelling() + "'");
        }
        boolean isToServers = config.tls().serverTlsSslmode().isOn();
        if (isToServers && config.tls().serverTlsKeyFile() != null) {
            require(
                    TlsSettings.SERVER_TLS_CERT_FILE,
                    config.tls().serverTlsCertFile(),
                    TlsSettings.SERVER_TLS_KEY_FILE);
        }
        if (isToServers && config.tls().serverTlsCertFile() != null) {
            require(TlsSettings.SERVER_TLS_KEY_FILE, config.tls().serverTlsKeyFile(), TlsSettings.SERVER_TLS_CERT_FILE);
        }
    }

    private void checkAccess() {
        if (config.authType() == AuthType.HBA && config.authHbaFile() == null && global.areSound(Settings.AUTH_TYPE)) {
            problems.add(at(Settings.AUTH_TYPE), "auth_type 'hba' needs auth_hba_file, which is not set");
        }
        boolean isDirectorySound = global.areSound(Settings.AUTH_TYPE, LookupSettings.AUTH_LDAP_OPTIONS);
        if (config.authType() == AuthType.LDAP && config.authLdapOptions() == null && isDirectorySound) {
            problems.add(at(Settings.AUTH_TYPE), "auth_type 'ldap' needs auth_ldap_options, which is not set");
        }
        boolean isSound = global.areSound(Settings.AUTH_TYPE, Settings.UNIX_SOCKET_DIR);
        if (config.authType() == AuthType.PEER && config.unixSocketDir() == null && isSound) {
            problems.add(
                    at(Settings.AUTH_TYPE),
                    "auth_type 'peer' lets nobody in but by a Unix socket, and there is no unix_socket_dir");
        }
    }

    /** {@code of}: whose settings they are, such as {@code " of database 'app'"}. */
    private void checkLookup(
            @Nullable String query, @Nullable String database, String of, Source queryPlace, Source databasePlace) {
        if (query != null && query.isBlank()) {
            problems.add(queryPlace, "auth_query" + of + " is empty");
        }
        if (database != null && ProxyConfig.CONSOLE_DATABASES.contains(database)) {
            problems.add(
                    databasePlace, "auth_dbname" + of + " cannot be '" + database + "': the name is the console's");
        } else if (database != null && config.database(database) == null) {
            doubts.add(
                    databasePlace,
                    "auth_dbname" + of + " is '" + database + "', which is not configured: nobody could be looked up");
        }
    }

    private void require(Setting<String> setting, @Nullable String value, Setting<?> because) {
        if (value == null && global.areSound(setting)) {
            problems.add(at(because), because.name() + " needs " + setting.name() + ", which is not set");
        }
    }

    private void checkKeepalive() {
        boolean hasTimings = config.tcpKeepcnt() + config.tcpKeepidle() + config.tcpKeepintvl() > 0;
        if (hasTimings && !config.tcpKeepalive() && global.areSound(Settings.TCP_KEEPALIVE)) {
            doubts.add(
                    at(Settings.TCP_KEEPCNT, Settings.TCP_KEEPIDLE, Settings.TCP_KEEPINTVL),
                    "tcp_keepcnt, tcp_keepidle and tcp_keepintvl have no effect while tcp_keepalive is off");
        }
    }

    /** {@code of}: whose wait it is, such as {@code " of user 'app'"}. */
    private void checkReserve(@Nullable Duration written, String of, Source place) {
        Duration reserve = config.reservePoolTimeout();
        Duration wait = Objects.requireNonNullElse(written, Duration.ZERO);
        boolean isUsed = config.reservePoolSize() > 0 && reserve.isPositive() && wait.isPositive();
        if (isUsed
                && reserve.compareTo(wait) >= 0
                && global.areSound(Settings.RESERVE_POOL_TIMEOUT, Settings.QUERY_WAIT_TIMEOUT)) {
            doubts.add(
                    place,
                    "the reserve would never be used: clients" + of + " give up after query_wait_timeout ("
                            + DurationType.text(wait)
                            + "), not later than reserve_pool_timeout ("
                            + DurationType.text(reserve)
                            + ") lets them have it; lower reserve_pool_timeout, or set it to 0");
        }
    }

    private void checkDatabase(DatabaseConfig database, TableReader table) {
        String name = database.name();
        if (ProxyConfig.CONSOLE_DATABASES.contains(name)) {
            problems.add(table.source(), "database '" + name + "' cannot be configured: the name is the console's");
        }
        if (database.password() != null && database.user() == null) {
            doubts.add(table.source(), "database '" + name + "' has a password but no user to log in with it");
        }
        if (config.authType() == AuthType.ANY && database.user() == null && global.areSound(Settings.AUTH_TYPE)) {
            doubts.add(
                    table.source(),
                    "database '" + name + "' needs a user, because auth_type 'any' ignores the names of clients");
        }
        checkLookup(
                database.authQuery(),
                database.authDbname(),
                " of database '" + name + "'",
                Objects.requireNonNullElse(table.sourceOf(DatabaseSettings.AUTH_QUERY), table.source()),
                Objects.requireNonNullElse(table.sourceOf(DatabaseSettings.AUTH_DBNAME), table.source()));
        checkLeast(database, table);
        checkReserve(
                database.queryWaitTimeout(),
                " of database '" + name + "'",
                Objects.requireNonNullElse(table.sourceOf(DatabaseSettings.QUERY_WAIT_TIMEOUT), table.source()));
        database.hosts().stream()
                .filter(host -> pointsAtUs(host, database.port()))
                .forEach(host -> problems.add(table.source(), OwnPlace.text(name, host, database.port())));
    }

    private void checkLeast(DatabaseConfig database, TableReader table) {
        int size = Objects.requireNonNullElse(database.poolSize(), config.defaultPoolSize());
        int least = least(database);
        int most = Objects.requireNonNullElse(database.maxDbConnections(), config.maxDbConnections());
        if (least > size && global.areSound(Settings.DEFAULT_POOL_SIZE, Settings.MIN_POOL_SIZE)) {
            doubts.add(
                    table.source(),
                    keeps(database) + " in pools of " + size + " (pool_size): lower the one or raise the other");
        }
        if (most > 0 && least > most && global.areSound(Settings.MAX_DB_CONNECTIONS, Settings.MIN_POOL_SIZE)) {
            doubts.add(
                    table.source(),
                    keeps(database) + " in each pool, but may have no more than " + most
                            + " in all (max_db_connections): lower the one or raise the other");
        }
    }

    private int least(DatabaseConfig database) {
        return Objects.requireNonNullElse(database.minPoolSize(), config.minPoolSize());
    }

    private String keeps(DatabaseConfig database) {
        return "database '" + database.name() + "' is to keep " + least(database) + " servers (min_pool_size)";
    }

    /** By what is written; a name that resolves to one of our addresses is found when there is a network. */
    private boolean pointsAtUs(String host, int port) {
        boolean isUnix = host.equals(config.unixSocketDir()) && port == config.listenPort();
        boolean isClients = port == config.listenPort() && OwnPlace.isWritten(host, config.listenAddr());
        boolean isAdmins = port == config.adminListenPort() && OwnPlace.isWritten(host, config.adminListenAddr());
        return isUnix || isClients || isAdmins;
    }

    private void checkUser(UserConfig user, TableReader table) {
        @Nullable Secret password = user.password();
        boolean isMd5 = password != null && password.reveal().matches("md5[0-9a-f]{32}");
        if (isMd5 && config.authType() == AuthType.SCRAM_SHA_256 && global.areSound(Settings.AUTH_TYPE)) {
            doubts.add(
                    table.source(),
                    "user '" + user.name()
                            + "' has an MD5 password, with which auth_type 'scram-sha-256' cannot work: use"
                            + " a SCRAM secret, the plain password or auth_type 'md5'");
        }
        checkReserve(
                user.queryWaitTimeout(),
                " of user '" + user.name() + "'",
                Objects.requireNonNullElse(table.sourceOf(UserSettings.QUERY_WAIT_TIMEOUT), table.source()));
        int most = Objects.requireNonNullElse(user.maxUserConnections(), config.maxUserConnections());
        config.databases().values().stream()
                .filter(database -> database.user() == null || user.name().equals(database.user()))
                .forEach(database -> checkLeast(database, user, most, table));
    }

    private void checkLeast(DatabaseConfig database, UserConfig user, int most, TableReader table) {
        @Nullable Integer size = user.poolSize();
        if (!global.areSound(Settings.MIN_POOL_SIZE, Settings.MAX_USER_CONNECTIONS)) {
            return;
        }
        if (size != null && least(database) > size) {
            doubts.add(
                    table.source(),
                    keeps(database) + ", but pools of user '" + user.name() + "' may have only " + size
                            + " (pool_size): lower the one or raise the other");
        }
        if (most > 0 && least(database) > most) {
            doubts.add(
                    table.source(),
                    keeps(database) + ", but user '" + user.name() + "' may have no more than " + most
                            + " (max_user_connections): lower the one or raise the other");
        }
    }

    private void checkThatThereIsADatabase() {
        if (databases.isEmpty()) {
            problems.add(
                    Source.WHOLE,
                    "no database is configured: set DATABASE_URL=postgres://user:password@host:5432/name, or give a"
                            + " file with a [databases.NAME] table");
        }
    }

    private void checkThatClientsCanLogIn() {
        boolean isPasswordKnown =
                config.authFile() != null || config.users().values().stream().anyMatch(user -> user.password() != null);
        boolean isLookedUp = config.authUser() != null
                || config.databases().values().stream().anyMatch(database -> database.authUser() != null);
        if (databases.isEmpty()
                || isPasswordKnown
                || isLookedUp
                || !config.authType().needsPassword()) {
            return;
        }
        if (global.areSound(Settings.AUTH_TYPE, Settings.AUTH_FILE)) {
            doubts.add(
                    databases.values().iterator().next().source(),
                    "no password of any client is known, so none could log in with auth_type '"
                            + config.authType().spelling()
                            + "': give one in DATABASE_URL, [users.NAME] or auth_file, have them looked"
                            + " up with auth_user, or let everyone in with"
                            + " SPILLWAY_AUTH_TYPE=trust (auth_type = \"trust\" in a file)");
        }
    }

    /** The first of them that somebody wrote. */
    private Source at(Setting<?>... settings) {
        return Stream.of(settings)
                .map(global::sourceOf)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(Source.WHOLE);
    }
}
