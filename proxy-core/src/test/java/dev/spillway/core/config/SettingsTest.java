package dev.spillway.core.config;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.RawValue.Kind;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every row of the registry is whole: nobody can add half a setting. */
class SettingsTest {
    private static final Source SOURCE = new Source("test");

    /** Another value than the default for every setting; a row without one fails. */
    private static final Map<String, String> OTHER_GLOBAL = Map.ofEntries(
            Map.entry("listen_addr", "*"),
            Map.entry("session_state", "ignore"),
            Map.entry("session_state_check", "always"),
            Map.entry("suspect_functions", "x"),
            Map.entry("custom_settings", "x.y"),
            Map.entry("max_pinned_servers", "1"),
            Map.entry("notify_buffer", "65536"),
            Map.entry("pin_idle_timeout", "1"),
            Map.entry("server_reset_query_always", "yes"),
            Map.entry("track_extra_parameters", "search_path"),
            Map.entry("listen_port", "5433"),
            Map.entry("unix_socket_dir", "/tmp"),
            Map.entry("unix_socket_mode", "0700"),
            Map.entry("unix_socket_group", "x"),
            Map.entry("proxy_protocol", "yes"),
            Map.entry("application_name_add_host", "yes"),
            Map.entry("auth_type", "trust"),
            Map.entry("auth_file", "users.txt"),
            Map.entry("auth_hba_file", "x"),
            Map.entry("auth_ldap_options", "ldapserver=h ldapprefix=u"),
            Map.entry("auth_ident_file", "x"),
            Map.entry("auth_user", "x"),
            Map.entry("auth_query", "select $1, null"),
            Map.entry("auth_dbname", "x"),
            Map.entry("scram_iterations", "1"),
            Map.entry("login_notify_message", "x"),
            Map.entry("pool_mode", "session"),
            Map.entry("default_pool_size", "7"),
            Map.entry("reserve_pool_size", "0"),
            Map.entry("max_server_connections", "9"),
            Map.entry("server_headroom", "0"),
            Map.entry("max_waiting", "9"),
            Map.entry("fleet", "x"),
            Map.entry("fleet_dbname", "x"),
            Map.entry("fleet_dead_after", "3"),
            Map.entry("reserve_pool_timeout", "1"),
            Map.entry("min_pool_size", "1"),
            Map.entry("max_db_connections", "1"),
            Map.entry("max_user_connections", "1"),
            Map.entry("max_db_client_connections", "1"),
            Map.entry("max_user_client_connections", "1"),
            Map.entry("server_round_robin", "1"),
            Map.entry("lanes", "3"),
            Map.entry("stats_period", "1"),
            Map.entry("max_client_conn", "3"),
            Map.entry("query_wait_timeout", "0"),
            Map.entry("query_wait_timeout_fatal", "1"),
            Map.entry("query_wait_notify", "1"),
            Map.entry("fail_fast", "1"),
            Map.entry("pipeline_slice", "1"),
            Map.entry("max_prepared_statements", "0"),
            Map.entry("max_client_prepared_statements", "1"),
            Map.entry("max_interned_bytes", "16384"),
            Map.entry("reserve_session_server_connection", "1"),
            Map.entry("query_timeout", "1"),
            Map.entry("transaction_timeout", "1"),
            Map.entry("idle_transaction_timeout", "1"),
            Map.entry("client_idle_timeout", "1"),
            Map.entry("server_check_delay", "1"),
            Map.entry("server_check_query", "select 2"),
            Map.entry("server_idle_timeout", "1"),
            Map.entry("server_lifetime", "1"),
            Map.entry("server_fast_close", "1"),
            Map.entry("pool_idle_timeout", "1"),
            Map.entry("autodb_idle_timeout", "1"),
            Map.entry("client_login_timeout", "1"),
            Map.entry("server_connect_timeout", "1"),
            Map.entry("server_login_retry", "1"),
            Map.entry("dns_max_ttl", "1"),
            Map.entry("dns_nxdomain_ttl", "1"),
            Map.entry("cancel_wait_timeout", "1"),
            Map.entry("suspend_timeout", "1"),
            Map.entry("shutdown_timeout", "1"),
            Map.entry("server_reset_query", ""),
            Map.entry("ignore_startup_parameters", "options"),
            Map.entry("admin_users", "admin"),
            Map.entry("admin_listen_addr", "*"),
            Map.entry("admin_listen_port", "0"),
            Map.entry("readyz_requires_server", "yes"),
            Map.entry("stats_users", "stats"),
            Map.entry("log_connections", "no"),
            Map.entry("log_disconnections", "no"),
            Map.entry("log_pooler_errors", "no"),
            Map.entry("log_stats", "yes"),
            Map.entry("log_min_duration", "1"),
            Map.entry("log_min_duration_sql", "yes"),
            Map.entry("log_format", "pgbouncer"),
            Map.entry("syslog", "true"),
            Map.entry("syslog_ident", "x"),
            Map.entry("syslog_facility", "local3"),
            Map.entry("logfile", "x.log"),
            Map.entry("verbose", "1"),
            Map.entry("pidfile", "x.pid"),
            Map.entry("user", "x"),
            Map.entry("transport", "nio"),
            Map.entry("tcp_keepalive", "no"),
            Map.entry("tcp_keepcnt", "3"),
            Map.entry("tcp_keepidle", "3"),
            Map.entry("tcp_keepintvl", "3"),
            Map.entry("tcp_user_timeout", "3"),
            Map.entry("tcp_socket_buffer", "3"),
            Map.entry("tcp_defer_accept", "no"),
            Map.entry("listen_backlog", "3"),
            Map.entry("so_reuseport", "yes"),
            Map.entry("client_tls_sslmode", "require"),
            Map.entry("client_tls_key_file", "x"),
            Map.entry("client_tls_cert_file", "x"),
            Map.entry("client_tls_ca_file", "x"),
            Map.entry("client_tls_protocols", "tlsv1.3"),
            Map.entry("client_tls_ciphers", "x"),
            Map.entry("client_tls13_ciphers", "x"),
            Map.entry("client_tls_ecdhcurve", "x"),
            Map.entry("client_tls_dheparams", "none"),
            Map.entry("server_tls_sslmode", "require"),
            Map.entry("server_tls_key_file", "x"),
            Map.entry("server_tls_cert_file", "x"),
            Map.entry("server_tls_ca_file", "x"),
            Map.entry("server_tls_protocols", "tlsv1.3"),
            Map.entry("server_tls_ciphers", "x"),
            Map.entry("server_tls13_ciphers", "x"));

    private static final Map<String, String> OTHER_DATABASE = Map.ofEntries(
            Map.entry("host", "db"),
            Map.entry("session_state", "ignore"),
            Map.entry("load_balance_hosts", "disable"),
            Map.entry("port", "1"),
            Map.entry("dbname", "x"),
            Map.entry("user", "x"),
            Map.entry("password", "x"),
            Map.entry("auth_user", "x"),
            Map.entry("auth_query", "select $1, null"),
            Map.entry("auth_dbname", "x"),
            Map.entry("connect_query", "select 1"),
            Map.entry("pool_mode", "session"),
            Map.entry("fail_fast", "true"),
            Map.entry("sslmode", "require"),
            Map.entry("pool_size", "1"),
            Map.entry("reserve_pool_size", "1"),
            Map.entry("pool_weight", "2"),
            Map.entry("min_pool_size", "1"),
            Map.entry("max_db_connections", "1"),
            Map.entry("max_db_client_connections", "1"),
            Map.entry("query_wait_timeout", "1"),
            Map.entry("server_lifetime", "1"));

    private static final Map<String, String> OTHER_USER = Map.ofEntries(
            Map.entry("session_state", "ignore"),
            Map.entry("password", "x"),
            Map.entry("pool_mode", "session"),
            Map.entry("pool_size", "1"),
            Map.entry("reserve_pool_size", "1"),
            Map.entry("pool_weight", "2"),
            Map.entry("max_user_connections", "1"),
            Map.entry("max_user_client_connections", "1"),
            Map.entry("query_timeout", "1"),
            Map.entry("transaction_timeout", "1"),
            Map.entry("idle_transaction_timeout", "1"),
            Map.entry("client_idle_timeout", "1"),
            Map.entry("query_wait_timeout", "1"));

    static Stream<Setting<?>> all() {
        return Stream.of(Settings.global(), Settings.database(), Settings.user())
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("all")
    void hasANameAndOneLineOfDocumentation(Setting<?> setting) {
        assertThat(setting.name()).matches("[a-z][a-z_0-9]*[a-z]");
        assertThat(setting.doc())
                .hasSizeGreaterThan(20)
                .endsWith(".")
                .doesNotContain("\n")
                .doesNotContain("|");
        assertThat(setting.typeLabel()).isNotBlank();
    }

    @ParameterizedTest
    @MethodSource("all")
    void defaultParsesToItself(Setting<?> setting) throws Exception {
        RawValue shown = RawValue.untyped(setting.defaultText(), SOURCE);
        assertThat((Object) setting.parse(shown)).isEqualTo(setting.defaultValue());
    }

    @Test
    void namesAreUniqueInTheirScope() {
        for (List<Setting<?>> scope : List.of(Settings.global(), Settings.database(), Settings.user())) {
            assertThat(scope).extracting(Setting::name).doesNotHaveDuplicates();
        }
    }

    @Test
    void environmentNameIsThePrefixAndTheNameInCapitals() {
        assertThat(Settings.DEFAULT_POOL_SIZE.environmentName()).isEqualTo("SPILLWAY_DEFAULT_POOL_SIZE");
    }

    @Test
    void eachGlobalSettingChangesItsAccessorAndNoOther() throws Exception {
        assertEachChangesOneAccessor(
                Settings.global(),
                OTHER_GLOBAL,
                values -> new ProxyConfig(values, Map.of(), Map.of()),
                ProxyConfig.class);
    }

    @Test
    void eachSettingOfADatabaseChangesItsAccessorAndNoOther() throws Exception {
        assertEachChangesOneAccessor(
                Settings.database(), OTHER_DATABASE, values -> new DatabaseConfig("db", values), DatabaseConfig.class);
    }

    @Test
    void eachSettingOfAUserChangesItsAccessorAndNoOther() throws Exception {
        assertEachChangesOneAccessor(
                Settings.user(), OTHER_USER, values -> new UserConfig("user", values), UserConfig.class);
    }

    @Test
    void showConfigHasEveryGlobalSettingInPgBouncersStyle() {
        ProxyConfig config = ProxyConfig.defaults()
                .with(Settings.RESERVE_POOL_TIMEOUT, Duration.ofMillis(500))
                .with(Settings.ADMIN_USERS, Set.of("admin"));

        List<Settings.ShowRow> rows = Settings.show(config);

        assertThat(rows).hasSameSizeAs(Settings.global());
        assertThat(rows).extracting(Settings.ShowRow::key).isSorted();
        assertThat(rows)
                .contains(
                        new Settings.ShowRow("admin_users", "admin", "", "yes"),
                        new Settings.ShowRow("auth_file", "", "", "yes"),
                        new Settings.ShowRow("auth_type", "scram-sha-256", "scram-sha-256", "yes"),
                        new Settings.ShowRow("listen_addr", "127.0.0.1", "127.0.0.1", "no"),
                        new Settings.ShowRow("log_connections", "1", "1", "yes"),
                        new Settings.ShowRow("reserve_pool_timeout", "0.5", "5", "yes"),
                        new Settings.ShowRow("server_lifetime", "600", "600", "yes"));
    }

    private interface Maker {
        Object of(SettingValues values);
    }

    private static void assertEachChangesOneAccessor(
            List<Setting<?>> settings, Map<String, String> others, Maker maker, Class<?> type) throws Exception {
        assertThat(others.keySet())
                .isEqualTo(settings.stream().map(Setting::name).collect(toSet()));
        Map<String, @Nullable Object> before = read(type, maker.of(SettingValues.DEFAULTS));
        for (Setting<?> setting : settings) {
            String other = others.getOrDefault(setting.name(), "");
            Map<String, @Nullable Object> after = read(type, maker.of(changed(setting, other)));
            assertThat(after.keySet().stream().filter(name -> differ(before, after, name)))
                    .as(setting.name())
                    .containsExactly(camelCase(setting.name()));
        }
    }

    private static boolean differ(Map<String, ?> before, Map<String, ?> after, String name) {
        return !Objects.equals(before.get(name), after.get(name));
    }

    private static <T> SettingValues changed(Setting<T> setting, String text) throws BadValueException {
        return SettingValues.DEFAULTS.with(setting, setting.parse(new RawValue(Kind.UNTYPED, text, SOURCE)));
    }

    /** What every accessor of a setting returns. */
    private static Map<String, @Nullable Object> read(Class<?> type, Object config) throws Exception {
        Map<String, @Nullable Object> results = new HashMap<>();
        // what is no accessor of a setting, "hosts" being another form of "host"
        Set<String> components = Set.of("values", "databases", "users", "hosts", "hashCode", "toString");
        for (Method method : type.getDeclaredMethods()) {
            boolean isAccessor = method.getParameterCount() == 0
                    && Modifier.isPublic(method.getModifiers())
                    && !Modifier.isStatic(method.getModifiers());
            if (isAccessor && !components.contains(method.getName())) {
                Object value = method.invoke(config);
                if (value instanceof TlsConfig part) {
                    results.putAll(read(TlsConfig.class, part));
                } else if (value instanceof LogConfig part) {
                    results.putAll(read(LogConfig.class, part));
                } else if (value instanceof CapacityConfig part) {
                    results.putAll(read(CapacityConfig.class, part));
                } else {
                    results.put(method.getName(), value);
                }
            }
        }
        return results;
    }

    private static String camelCase(String name) {
        return Arrays.stream(name.split("_"))
                .reduce((head, word) -> head + Character.toUpperCase(word.charAt(0)) + word.substring(1))
                .orElseThrow();
    }
}
