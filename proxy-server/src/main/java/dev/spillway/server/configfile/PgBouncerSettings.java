package dev.spillway.server.configfile;

import dev.spillway.core.config.Layer;
import dev.spillway.core.config.LogFormat;
import dev.spillway.core.config.ProcessSettings;
import dev.spillway.core.config.RawValue;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Source;
import dev.spillway.server.configfile.PgBouncerSetting.Kind;
import dev.spillway.server.configfile.PgBouncerSetting.MalformedValueException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every setting of PgBouncer 1.25's section {@code [pgbouncer]}, with its default there: the one place that knows in what
 * PgBouncer's defaults differ from ours. Immutable.
 *
 * @see <a href="https://www.pgbouncer.org/config.html">PgBouncer's documentation of them</a>
 */
final class PgBouncerSettings {
    private static final Source DEFAULT = Source.file("default of PgBouncer");

    static final List<PgBouncerSetting> ALL = List.of(
            new PgBouncerSetting("admin_users", Kind.WORDS, ""),
            new PgBouncerSetting("application_name_add_host", Kind.FLAG, "0"),
            new PgBouncerSetting("auth_dbname", Kind.TEXT, null),
            new PgBouncerSetting("auth_file", Kind.TEXT, null),
            new PgBouncerSetting("auth_hba_file", Kind.TEXT, ""),
            new PgBouncerSetting("auth_ident_file", Kind.TEXT, null),
            new PgBouncerSetting("auth_ldap_options", Kind.TEXT, null),
            new PgBouncerSetting(
                    "auth_query",
                    Kind.TEXT,
                    "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END FROM pg_authid"
                            + " WHERE rolname=$1 AND rolcanlogin"),
            new PgBouncerSetting("auth_type", Kind.TEXT, "md5"),
            new PgBouncerSetting("auth_user", Kind.TEXT, null),
            new PgBouncerSetting("autodb_idle_timeout", Kind.TIME, "3600"),
            new PgBouncerSetting("cancel_wait_timeout", Kind.TIME, "10"),
            new PgBouncerSetting("client_idle_timeout", Kind.TIME, "0"),
            new PgBouncerSetting("client_login_timeout", Kind.TIME, "60"),
            new PgBouncerSetting("client_tls13_ciphers", Kind.TEXT, null),
            new PgBouncerSetting("client_tls_ca_file", Kind.TEXT, ""),
            new PgBouncerSetting("client_tls_cert_file", Kind.TEXT, ""),
            new PgBouncerSetting("client_tls_ciphers", Kind.TEXT, "default"),
            new PgBouncerSetting("client_tls_dheparams", Kind.TEXT, "auto"),
            new PgBouncerSetting("client_tls_ecdhcurve", Kind.TEXT, "auto"),
            new PgBouncerSetting("client_tls_key_file", Kind.TEXT, ""),
            new PgBouncerSetting("client_tls_protocols", Kind.TEXT, "secure"),
            new PgBouncerSetting("client_tls_sslmode", Kind.TEXT, "disable"),
            new PgBouncerSetting("conffile", Kind.TEXT, null),
            new PgBouncerSetting("default_pool_size", Kind.NUMBER, "20"),
            new PgBouncerSetting("disable_pqexec", Kind.FLAG, "0"),
            new PgBouncerSetting("dns_max_ttl", Kind.TIME, "15"),
            new PgBouncerSetting("dns_nxdomain_ttl", Kind.TIME, "15"),
            new PgBouncerSetting("dns_zone_check_period", Kind.TIME, "0"),
            new PgBouncerSetting("idle_transaction_timeout", Kind.TIME, "0"),
            new PgBouncerSetting("ignore_startup_parameters", Kind.WORDS, ""),
            new PgBouncerSetting("job_name", Kind.TEXT, "pgbouncer"),
            new PgBouncerSetting("listen_addr", Kind.LIST, ""),
            new PgBouncerSetting("listen_backlog", Kind.NUMBER, "128"),
            new PgBouncerSetting("listen_port", Kind.NUMBER, "6432"),
            new PgBouncerSetting("log_connections", Kind.FLAG, "1"),
            new PgBouncerSetting("log_disconnections", Kind.FLAG, "1"),
            new PgBouncerSetting("log_pooler_errors", Kind.FLAG, "1"),
            new PgBouncerSetting("log_stats", Kind.FLAG, "1"),
            new PgBouncerSetting("logfile", Kind.TEXT, ""),
            new PgBouncerSetting("login_notify_message", Kind.TEXT, ""),
            new PgBouncerSetting("max_client_conn", Kind.NUMBER, "100"),
            new PgBouncerSetting("max_db_client_connections", Kind.NUMBER, "0"),
            new PgBouncerSetting("max_db_connections", Kind.NUMBER, "0"),
            new PgBouncerSetting("max_packet_size", Kind.NUMBER, "2147483647"),
            new PgBouncerSetting("max_prepared_statements", Kind.NUMBER, "200"),
            new PgBouncerSetting("max_user_client_connections", Kind.NUMBER, "0"),
            new PgBouncerSetting("max_user_connections", Kind.NUMBER, "0"),
            new PgBouncerSetting("min_pool_size", Kind.NUMBER, "0"),
            new PgBouncerSetting("peer_id", Kind.NUMBER, "0"),
            new PgBouncerSetting("pidfile", Kind.TEXT, ""),
            new PgBouncerSetting("pkt_buf", Kind.NUMBER, "4096"),
            new PgBouncerSetting("pool_idle_timeout", Kind.TIME, "0"),
            new PgBouncerSetting("pool_mode", Kind.TEXT, "session"),
            new PgBouncerSetting("query_timeout", Kind.TIME, "0"),
            new PgBouncerSetting("query_wait_notify", Kind.NUMBER, "5"),
            new PgBouncerSetting("query_wait_timeout", Kind.TIME, "120"),
            new PgBouncerSetting("reserve_pool_size", Kind.NUMBER, "0"),
            new PgBouncerSetting("reserve_pool_timeout", Kind.TIME, "5"),
            new PgBouncerSetting("resolv_conf", Kind.TEXT, ""),
            new PgBouncerSetting("sbuf_loopcnt", Kind.NUMBER, "5"),
            new PgBouncerSetting("scram_iterations", Kind.NUMBER, "4096"),
            new PgBouncerSetting("server_check_delay", Kind.TIME, "30"),
            new PgBouncerSetting("server_check_query", Kind.TEXT, "<empty>"),
            new PgBouncerSetting("server_connect_timeout", Kind.TIME, "15"),
            new PgBouncerSetting("server_fast_close", Kind.FLAG, "0"),
            new PgBouncerSetting("server_idle_timeout", Kind.TIME, "600"),
            new PgBouncerSetting("server_lifetime", Kind.TIME, "3600"),
            new PgBouncerSetting("server_login_retry", Kind.TIME, "15"),
            new PgBouncerSetting("server_reset_query", Kind.TEXT, "DISCARD ALL"),
            new PgBouncerSetting("server_reset_query_always", Kind.FLAG, "0"),
            new PgBouncerSetting("server_round_robin", Kind.FLAG, "0"),
            new PgBouncerSetting("server_tls13_ciphers", Kind.TEXT, null),
            new PgBouncerSetting("server_tls_ca_file", Kind.TEXT, ""),
            new PgBouncerSetting("server_tls_cert_file", Kind.TEXT, ""),
            new PgBouncerSetting("server_tls_ciphers", Kind.TEXT, "default"),
            new PgBouncerSetting("server_tls_key_file", Kind.TEXT, ""),
            new PgBouncerSetting("server_tls_protocols", Kind.TEXT, "secure"),
            new PgBouncerSetting("server_tls_sslmode", Kind.TEXT, "prefer"),
            new PgBouncerSetting("so_reuseport", Kind.FLAG, "0"),
            new PgBouncerSetting("stats_period", Kind.NUMBER, "60"),
            new PgBouncerSetting("stats_users", Kind.WORDS, ""),
            new PgBouncerSetting("suspend_timeout", Kind.TIME, "10"),
            new PgBouncerSetting("syslog", Kind.FLAG, "0"),
            new PgBouncerSetting("syslog_facility", Kind.TEXT, "daemon"),
            new PgBouncerSetting("syslog_ident", Kind.TEXT, "pgbouncer"),
            new PgBouncerSetting("tcp_defer_accept", Kind.FLAG, "1"),
            new PgBouncerSetting("tcp_keepalive", Kind.FLAG, "1"),
            new PgBouncerSetting("tcp_keepcnt", Kind.NUMBER, "0"),
            new PgBouncerSetting("tcp_keepidle", Kind.NUMBER, "0"),
            new PgBouncerSetting("tcp_keepintvl", Kind.NUMBER, "0"),
            new PgBouncerSetting("tcp_socket_buffer", Kind.NUMBER, "0"),
            new PgBouncerSetting("tcp_user_timeout", Kind.NUMBER, "0"),
            new PgBouncerSetting("track_extra_parameters", Kind.LIST, "IntervalStyle"),
            new PgBouncerSetting("transaction_timeout", Kind.TIME, "0"),
            new PgBouncerSetting("unix_socket_dir", Kind.TEXT, "/tmp"),
            new PgBouncerSetting("unix_socket_group", Kind.TEXT, ""),
            new PgBouncerSetting("unix_socket_mode", Kind.NUMBER, "0777"),
            new PgBouncerSetting("user", Kind.TEXT, null),
            new PgBouncerSetting("verbose", Kind.NUMBER, null));

    private PgBouncerSettings() {}

    static @Nullable PgBouncerSetting find(String name) {
        return ALL.stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** PgBouncer's defaults of the settings that we have too, and what it does without having a setting for it. */
    static Layer defaults() {
        Layer layer = new Layer(DEFAULT);
        for (PgBouncerSetting setting : ALL) {
            if (setting.isEffective() && setting.defaultText() != null) {
                putDifferent(layer, setting.name(), translate(setting, setting.defaultText()));
            }
        }
        putDifferent(layer, ProcessSettings.LOG_FORMAT.name(), LogFormat.PGBOUNCER.spelling());
        // It disconnects whoever has waited for too long.
        putDifferent(layer, Settings.QUERY_WAIT_TIMEOUT_FATAL.name(), "1");
        return layer;
    }

    /** Where both have the same default, nobody has said anything. */
    private static void putDifferent(Layer layer, String name, String text) {
        Settings.global().stream()
                .filter(setting ->
                        setting.name().equals(name) && !setting.defaultText().equals(text))
                .forEach(setting -> layer.global().put(name, RawValue.untyped(text, DEFAULT)));
    }

    private static String translate(PgBouncerSetting setting, String text) {
        try {
            return setting.translate(text);
        } catch (MalformedValueException e) {
            throw new IllegalStateException(setting.name(), e);
        }
    }
}
