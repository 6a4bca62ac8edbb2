package dev.spillway.server;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A proxy that ends with its block, and its log. The user of the tests may do all on the console, others may look. */
record RunningProxy(Proxy proxy, LogTap log) implements AutoCloseable {
    private static final List<String> POOL_COLUMNS =
            List.of("active", "cancel", "being_canceled", "idle", "used", "tested", "login");
    private static final int FIRST_SERVER_COLUMN = 6;

    RunningProxy(ProxyConfig config) throws IOException {
        this(Proxy.start(config), new LogTap());
    }

    /** Clients are trusted, the server has everything on this port. */
    static ProxyConfig config(int serverPort, PoolMode mode, int poolSize) {
        DatabaseConfig database = DatabaseConfig.named(ProxyConfig.FALLBACK).with(DatabaseSettings.PORT, serverPort);
        return ProxyConfig.defaults()
                .with(Settings.LISTEN_PORT, 0)
                .with(AdminSettings.ADMIN_LISTEN_PORT, 0)
                .with(Settings.AUTH_TYPE, AuthType.ANY)
                .with(Settings.ADMIN_USERS, Set.of(PostgresFixture.SUPERUSER))
                .with(Settings.POOL_MODE, mode)
                .with(Settings.DEFAULT_POOL_SIZE, poolSize)
                .with(Settings.RESERVE_POOL_SIZE, 0)
                .with(Settings.SHUTDOWN_TIMEOUT, Duration.ofSeconds(1))
                .with(database);
    }

    /** How many servers of the first pool there are in the console's states active, idle, tested and so on. */
    int servers(Endpoint through, String state) throws IOException {
        try (WireClient console = WireClient.connect(through.withDatabase("spillway"))) {
            var answer = console.query("show pools");
            if (!answer.get(1).is('D')) {
                return 0;
            }
            String count = answer.get(1).columns().get(FIRST_SERVER_COLUMN + POOL_COLUMNS.indexOf(state));
            return count == null ? 0 : Integer.parseInt(count);
        }
    }

    /** What the console shows and what PostgreSQL sees, for whoever has to find out why something did not happen. */
    String state() {
        return state(PostgresFixture.shared());
    }

    /** The same of a proxy before {@code postgres}. */
    String state(PostgresFixture postgres) {
        return state(postgres, postgres.endpoint());
    }

    /** The same, and clients reach the proxy as they reach {@code direct}. */
    String state(PostgresFixture postgres, Endpoint direct) {
        StringBuilder text = new StringBuilder(4096);
        try (WireClient console = WireClient.connect(
                direct.withPort(proxy.port()).withDatabase("spillway"), Map.of(), Duration.ofSeconds(5))) {
            for (String command : List.of("show pools", "show clients", "show servers")) {
                text.append(command).append('\n');
                console.query(command)
                        .forEach(message -> text.append("  ").append(message).append('\n'));
            }
        } catch (IOException e) {
            text.append("the console does not answer: ").append(e).append('\n');
        }
        return text.append("pg_stat_activity\n")
                .append(postgres.queryOne("select string_agg(format('  %s %s %s %s %s', pid, state, wait_event,"
                        + " now() - query_start, left(query, 80)), E'\\n') from pg_stat_activity"
                        + " where backend_type = 'client backend'"))
                .toString();
    }

    @Override
    public void close() {
        proxy.stop();
        log.close();
    }
}
