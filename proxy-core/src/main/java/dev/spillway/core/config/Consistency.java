package dev.spillway.core.config;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds what each setting alone allows and all of them together do not. Used once, by one thread. */
final class Consistency {
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "::1", "localhost");

    private final ProxyConfig config;
    private final TableReader global;
    private final Map<String, TableReader> databases;
    private final Map<String, TableReader> users;
    private final Problems problems;

    Consistency(
            ProxyConfig config,
            TableReader global,
            Map<String, TableReader> databases,
            Map<String, TableReader> users,
            Problems problems) {
        this.config = config;
        this.global = global;
        this.databases = databases;
        this.users = users;
        this.problems = problems;
    }

    /** {@code isComplete}: whether what is missing is really missing, and not in a file that could not be read. */
    void check(boolean isComplete) {
        checkAddresses();
        checkUnixSocket();
        checkKeepalive();
        checkReserve();
        databases.forEach((name, table) ->
                checkDatabase(Objects.requireNonNull(config.databases().get(name)), table));
        users.forEach(
                (name, table) -> checkUser(Objects.requireNonNull(config.users().get(name)), table));
        if (isComplete) {
            checkThatThereIsADatabase();
            checkThatClientsCanLogIn();
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

    private void checkUnixSocket() {
        String directory = config.unixSocketDir();
        boolean hasFile = directory != null && !directory.startsWith("@");
        if (!hasFile && config.unixSocketGroup() != null && global.areSound(Settings.UNIX_SOCKET_DIR)) {
            problems.add(
                    at(Settings.UNIX_SOCKET_GROUP),
                    "unix_socket_group has no effect: unix_socket_dir names no directory for a socket's file");
        }
        if (directory != null && directory.startsWith("@") && config.transport() == Transport.NIO) {
            problems.add(
                    at(Settings.UNIX_SOCKET_DIR),
                    "unix_socket_dir '" + directory + "' is abstract, which transport 'nio' cannot do");
        }
    }

    private void checkKeepalive() {
        boolean hasTimings = config.tcpKeepcnt() + config.tcpKeepidle() + config.tcpKeepintvl() > 0;
        if (hasTimings && !config.tcpKeepalive() && global.areSound(Settings.TCP_KEEPALIVE)) {
            problems.add(
                    at(Settings.TCP_KEEPCNT, Settings.TCP_KEEPIDLE, Settings.TCP_KEEPINTVL),
                    "tcp_keepcnt, tcp_keepidle and tcp_keepintvl have no effect while tcp_keepalive is off");
        }
    }

    private void checkReserve() {
        Duration reserve = config.reservePoolTimeout();
        Duration wait = config.queryWaitTimeout();
        boolean isUsed = config.reservePoolSize() > 0 && !reserve.isZero() && !wait.isZero();
        if (isUsed
                && reserve.compareTo(wait) >= 0
                && global.areSound(Settings.RESERVE_POOL_TIMEOUT, Settings.QUERY_WAIT_TIMEOUT)) {
            problems.add(
                    at(Settings.QUERY_WAIT_TIMEOUT, Settings.RESERVE_POOL_TIMEOUT),
                    "the reserve would never be used: clients give up after query_wait_timeout ("
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
            problems.add(table.source(), "database '" + name + "' has a password but no user to log in with it");
        }
        if (config.authType() == AuthType.ANY && database.user() == null && global.areSound(Settings.AUTH_TYPE)) {
            problems.add(
                    table.source(),
                    "database '" + name + "' needs a user, because auth_type 'any' ignores the names of clients");
        }
        int size = Objects.requireNonNullElse(database.poolSize(), config.defaultPoolSize());
        int least = Objects.requireNonNullElse(database.minPoolSize(), config.minPoolSize());
        if (least > size && global.areSound(Settings.DEFAULT_POOL_SIZE, Settings.MIN_POOL_SIZE)) {
            problems.add(
                    table.source(),
                    "database '" + name + "' is to keep " + least + " servers (min_pool_size) in pools of " + size
                            + " (pool_size): lower the one or raise the other");
        }
        database.hosts().stream()
                .filter(host -> pointsAtUs(host, database.port()))
                .forEach(host -> problems.add(
                        table.source(),
                        "database '" + name + "' is Spillway itself: " + host + " port " + database.port()
                                + " is where it listens"));
    }

    /** By what is written; a name that resolves to one of our addresses is for a check with a network. */
    private boolean pointsAtUs(String host, int port) {
        boolean isOurAddress = config.listenAddr().contains(host)
                || host.equals(config.unixSocketDir())
                || (LOOPBACK.contains(host) && config.listenAddr().stream().anyMatch(Consistency::includesLoopback));
        return isOurAddress && port == config.listenPort();
    }

    private static boolean includesLoopback(String listenAddr) {
        return LOOPBACK.contains(listenAddr) || Set.of("*", "0.0.0.0", "::").contains(listenAddr);
    }

    private void checkUser(UserConfig user, TableReader table) {
        @Nullable Secret password = user.password();
        boolean isMd5 = password != null && password.reveal().matches("md5[0-9a-f]{32}");
        if (isMd5 && config.authType() == AuthType.SCRAM_SHA_256 && global.areSound(Settings.AUTH_TYPE)) {
            problems.add(
                    table.source(),
                    "user '" + user.name()
                            + "' has an MD5 password, with which auth_type 'scram-sha-256' cannot work: use"
                            + " a SCRAM secret, the plain password or auth_type 'md5'");
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
        if (databases.isEmpty() || isPasswordKnown || !config.authType().needsPassword()) {
            return;
        }
        if (global.areSound(Settings.AUTH_TYPE, Settings.AUTH_FILE)) {
            problems.add(
                    databases.values().iterator().next().source(),
                    "no password of any client is known, so none could log in with auth_type '"
                            + config.authType().spelling()
                            + "': give one in DATABASE_URL, [users.NAME] or auth_file, or let everyone in with"
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
