package dev.spillway.server.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.LookupSettings;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.server.check.Finding.Level;
import dev.spillway.server.check.SessionFacts.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is found, from answers that no server had to give. */
class CheckTest {
    private static final DatabaseConfig SHOP = DatabaseConfig.named("shop")
            .with(DatabaseSettings.HOST, "db")
            .with(DatabaseSettings.USER, "app")
            .with(DatabaseSettings.PASSWORD, Secret.of("hush"));

    private final Map<String, StoredSecret> file = new HashMap<>();
    private final List<Login> tried = new ArrayList<>();
    private int instances = 1;

    // ---- the server as a whole -------------------------------------------------------------------------------------

    @Test
    void defaultsFitAServerWithItsDefaults() {
        Report report = check(config(), server());

        assertThat(report.exitCode()).isZero();
        assertThat(finding(report, "capacity").text())
                .isEqualTo("one pool (shop/app) may open 50 connections, reserve included. max_connections 100, less 3"
                        + " that are reserved (superuser_reserved_connections): 97 for Spillway");
    }

    @Test
    void poolsThatDoNotFitGetTheNumberThatDoes() {
        ProxyConfig config = config().with(Settings.DEFAULT_POOL_SIZE, 50)
                .with(SHOP.with(DatabaseSettings.DBNAME, "shop"))
                .with(named(SHOP, "second").with(DatabaseSettings.DBNAME, "shop"));

        Report report =
                check(config, server().sessions(Map.of("cron", 12, "app", 40)).build());

        assertThat(report.exitCode()).isEqualTo(2);
        assertThat(finding(report, "pools_too_large").text())
                .startsWith("2 pools may open 100 connections. max_connections 100, less 3 that are reserved"
                        + " (superuser_reserved_connections), less 12 that other users hold now: 85 for Spillway.");
        assertThat(finding(report, "pools_too_large").change())
                .isEqualTo("set default_pool_size to 42, or raise max_connections to at least 115");
    }

    @Test
    void reserveThatDoesNotFitIsAWarning() {
        ProxyConfig config = config().with(Settings.RESERVE_POOL_SIZE, 100);

        Report report = check(config, server());

        assertThat(report.exitCode()).isEqualTo(1);
        assertThat(finding(report, "reserve_too_large").change())
                .isEqualTo("set reserve_pool_size to 77, or raise max_connections to at least 123");
        assertThat(check(config.with(Settings.RESERVE_POOL_TIMEOUT, Duration.ZERO), server())
                        .exitCode())
                .isZero();
    }

    @Test
    void limitsOfOurOwnHoldWhateverTheSizesAre() {
        ProxyConfig config = config().with(Settings.DEFAULT_POOL_SIZE, 500);

        assertThat(check(config, server()).exitCode()).isEqualTo(2);
        assertThat(check(config.with(Settings.MAX_DB_CONNECTIONS, 97), server()).exitCode())
                .isZero();
        assertThat(check(config.with(Settings.MAX_USER_CONNECTIONS, 97), server())
                        .exitCode())
                .isZero();
        assertThat(check(config.with(Settings.MAX_USER_CONNECTIONS, 98), server())
                        .exitCode())
                .isEqualTo(2);
    }

    @Test
    void everyInstanceTakesAsMuch() {
        instances = 8;

        Report report = check(config(), server());

        assertThat(finding(report, "pools_too_large").text())
                .startsWith("one pool (shop/app) in each of 8 proxies may open 160 connections");
        assertThat(finding(report, "pools_too_large").change()).startsWith("set default_pool_size to 12,");
    }

    @Test
    void twoNamesOfOneServerCountTogetherAndTwoServersDoNot() {
        ProxyConfig config = config().with(Settings.DEFAULT_POOL_SIZE, 60)
                .with(named(SHOP, "second").with(DatabaseSettings.HOST, "other"));

        assertThat(codes(check(config, server()))).contains("pools_too_large");

        Report report = run(
                config, login -> reached(server().instance(login.place().host()).build()));
        assertThat(codes(report)).doesNotContain("pools_too_large");
    }

    @Test
    void activityThatCannotBeReadIsSaid() {
        Report report = check(config(), server().sessions(null).build());

        assertThat(report.exitCode()).isEqualTo(1);
        assertThat(finding(report, "activity_unreadable").change())
                .contains("GRANT SELECT")
                .endsWith("TO app");
    }

    // ---- roles and databases ---------------------------------------------------------------------------------------

    @Test
    void roleWithOneConnectionGetsTheSettingThatSaysSo() {
        Report report =
                check(config(), server().role("app", new Role(1, false, true)).build());

        Finding found = finding(report, "role_limit");
        assertThat(found.level()).isEqualTo(Level.ERROR);
        assertThat(found.text())
                .isEqualTo("the CONNECTION LIMIT of role app is 1, and one pool (shop/app) may open 20 connections");
        assertThat(found.change()).isEqualTo("set max_user_connections to 1, or ALTER ROLE app CONNECTION LIMIT 50");
        assertThat(check(
                                config().with(Settings.MAX_USER_CONNECTIONS, 1),
                                server().role("app", new Role(1, false, true)).build())
                        .exitCode())
                .isZero();
    }

    @Test
    void limitThatOnlyTheReservePassesIsAWarning() {
        assertThat(finding(
                                check(
                                        config(),
                                        server().role("app", new Role(30, false, true))
                                                .build()),
                                "role_limit")
                        .level())
                .isEqualTo(Level.WARNING);
        assertThat(finding(check(config(), server().database("shop", 49).build()), "database_limit")
                        .level())
                .isEqualTo(Level.WARNING);
        assertThat(codes(check(config(), server().database("shop", 50).build())))
                .doesNotContain("database_limit");
    }

    @Test
    void noLimitHoldsForSuperusersAndTheyHaveWhatIsReserved() {
        SessionFacts facts = server().database("shop", 1)
                .role("app", new Role(1, true, true))
                .superuser()
                .build();
        Report report =
                check(config().with(Settings.DEFAULT_POOL_SIZE, 100).with(Settings.RESERVE_POOL_SIZE, 0), facts);

        assertThat(report.exitCode()).isZero();
        assertThat(codes(report)).contains("superuser").doesNotContain("role_limit", "database_limit");
    }

    // ---- logins ----------------------------------------------------------------------------------------------------

    @Test
    void refusalsAreToldApart() {
        assertThat(codes(run(config(), login -> new Answer.Refused("28P01", "no"))))
                .contains("login_refused");
        assertThat(codes(run(config(), login -> new Answer.Refused("08001", "no"))))
                .contains("unreachable");
        assertThat(codes(run(config(), login -> new Answer.Refused("3D000", "no"))))
                .contains("no_such_database");
        assertThat(codes(run(config(), login -> new Answer.Refused("53300", "no"))))
                .contains("full");
        assertThat(codes(run(config(), login -> new Answer.Refused("08004", JdbcProber.NO_TLS))))
                .contains("no_tls");
        assertThat(run(config(), login -> new Answer.Refused("57P03", "no")).exitCode())
                .isEqualTo(2);
    }

    @Test
    void everyUserAndEveryDatabaseIsTriedOnce() {
        ProxyConfig config = ProxyConfig.defaults()
                .with(DatabaseConfig.named("a"))
                .with(DatabaseConfig.named("b"))
                .with(user("one"))
                .with(user("two"));

        check(
                config,
                server().role("one", new Role(-1, false, true))
                        .role("two", new Role(-1, false, true))
                        .build());

        assertThat(tried)
                .extracting(login -> login.dbname() + "/" + login.user())
                .containsExactly("a/one", "a/two", "b/one");
        assertThat(tried).allMatch(login -> login.password() != null);
    }

    @Test
    void secretThatIsNoPasswordIsNotTried() {
        file.put("app", StoredSecret.parse("md5" + "0".repeat(32)));

        Report report = check(config().with(SHOP.with(DatabaseSettings.PASSWORD, null)), server());

        assertThat(tried).isEmpty();
        assertThat(finding(report, "not_tried").text()).contains("stored secret");
    }

    @Test
    void userWhomTheServerDoesNotKnowIsAWarningAndNoAttempt() {
        ProxyConfig config = ProxyConfig.defaults()
                .with(DatabaseConfig.named("a"))
                .with(user("app"))
                .with(user("gone"));

        Report report = check(config, server());

        assertThat(report.exitCode()).isEqualTo(1);
        assertThat(finding(report, "no_such_role").where()).endsWith("user gone");
        assertThat(tried).hasSize(1);
    }

    @Test
    void usersAreLookedUpAsTheConfigurationSays() {
        ProxyConfig config = ProxyConfig.defaults()
                .with(LookupSettings.AUTH_USER, "lookup")
                .with(LookupSettings.AUTH_QUERY, "select $1, 'x'")
                .with(LookupSettings.AUTH_DBNAME, "people")
                .with(DatabaseConfig.named("people").with(DatabaseSettings.DBNAME, "hr"))
                .with(DatabaseConfig.named("shop"))
                .with(user("app"));

        Report report = run(
                config,
                login -> new Answer.Reached(
                        server().build(),
                        login.lookup() == null
                                ? List.of()
                                : List.of(new Answer.Failure("auth_query", "permission denied for table x"))));

        assertThat(tried.getFirst().user()).isEqualTo("lookup");
        assertThat(tried.getFirst().dbname()).isEqualTo("hr");
        assertThat(tried.getFirst().lookup()).isEqualTo("select $1, 'x'");
        assertThat(tried).filteredOn(login -> login.lookup() != null).hasSize(1);
        assertThat(finding(report, "auth_query").change()).contains("SECURITY DEFINER");
        assertThat(codes(report)).contains("pools_unknown");
    }

    @Test
    void whoMayComeUncountedIsSaid() {
        ProxyConfig config = config().with(named(SHOP, ProxyConfig.FALLBACK));

        Report report = check(config, server());

        assertThat(report.exitCode()).isZero();
        assertThat(finding(report, "pools_unknown").where()).isEqualTo("database *");
        assertThat(codes(check(
                        ProxyConfig.defaults()
                                .with(Settings.AUTH_TYPE, AuthType.TRUST)
                                .with(DatabaseConfig.named("a")),
                        server())))
                .contains("pools_unknown", "nothing_to_try");
    }

    // ---- the server ------------------------------------------------------------------------------------------------

    @Test
    void plainTextOverTheNetworkIsAWarning() {
        assertThat(codes(check(config(), server().tls(null).build()))).contains("no_tls");
        assertThat(codes(check(config(), server())))
                .contains("tls_not_verified")
                .doesNotContain("no_tls");
        assertThat(check(
                                config().with(SHOP.with(DatabaseSettings.HOST, "127.0.0.1")),
                                server().tls(null).build())
                        .exitCode())
                .isZero();
        assertThat(check(
                                config().with(SHOP.with(DatabaseSettings.SSLMODE, SslMode.DISABLE)),
                                server().tls(null).build())
                        .exitCode())
                .isZero();
    }

    @Test
    void serverThatEndsIdleSessionsFirstIsAWarning() {
        SessionFacts facts = server().idle(Duration.ofMinutes(1)).build();

        assertThat(finding(check(config(), facts), "idle_session_timeout").change())
                .isEqualTo("set server_idle_timeout to 30000ms");
        assertThat(check(config().with(Settings.SERVER_IDLE_TIMEOUT, Duration.ofSeconds(59)), facts)
                        .exitCode())
                .isZero();
    }

    @Test
    void oldVersionsAndStandbysAreSaid() {
        assertThat(codes(check(config(), server().version(140_009).build()))).contains("version");
        assertThat(check(config(), server().version(150_000).standby().build()))
                .satisfies(
                        report -> assertThat(codes(report)).contains("standby").doesNotContain("version"));
    }

    // ---- the report ------------------------------------------------------------------------------------------------

    @Test
    void reportIsForPeopleAndForPrograms() {
        Report report = new Report(List.of(
                Finding.ok("login", "db:5432", "fine"),
                Finding.warning("w", "here", "a \"word\"\nof the server's", "change it")));

        assertThat(report.text()).isEqualTo("""
            ok      db:5432
                    fine
            warning here
                    a "word" of the server's
                    -> change it
            0 errors, 1 warnings
            """);
        assertThat(report.json())
                .startsWith("{\"exit_code\":1,\"errors\":0,\"warnings\":1,\"findings\":[{\"level\":\"ok\",")
                .contains("\"text\":\"a \\\"word\\\"\\u000aof");
    }

    @Test
    void noPasswordIsEverPrinted() {
        Report report = check(config(), server());

        assertThat(report.text() + report.json() + tried).doesNotContain("hush");
    }

    // ---- what it takes ---------------------------------------------------------------------------------------------

    private static ProxyConfig config() {
        return ProxyConfig.defaults().with(SHOP);
    }

    private static DatabaseConfig named(DatabaseConfig like, String name) {
        return new DatabaseConfig(name, like.values());
    }

    private static UserConfig user(String name) {
        return UserConfig.named(name).with(UserSettings.PASSWORD, Secret.of("hush"));
    }

    private Report check(ProxyConfig config, Server server) {
        return check(config, server.build());
    }

    private Report check(ProxyConfig config, SessionFacts facts) {
        return run(config, login -> reached(facts));
    }

    private Report run(ProxyConfig config, Prober prober) {
        tried.clear();
        return new Check(
                        Plan.of(config, file),
                        login -> {
                            tried.add(login);
                            return prober.ask(login);
                        },
                        instances)
                .run();
    }

    private static Answer reached(SessionFacts facts) {
        return new Answer.Reached(facts, List.of());
    }

    private static List<String> codes(Report report) {
        return report.findings().stream().map(Finding::code).toList();
    }

    private static Finding finding(Report report, String code) {
        assertThat(codes(report)).contains(code);
        return report.findings().stream()
                .filter(finding -> finding.code().equals(code))
                .findFirst()
                .orElseThrow();
    }

    private static Server server() {
        return new Server();
    }

    /** PostgreSQL 18 as it comes, reached over the network and TLS, with the user {@code app}. */
    private static final class Server {
        private String instance = "one";
        private int version = 180_001;
        private @Nullable String tls = "TLSv1.3";
        private boolean isStandby;
        private boolean isSuperuser;
        private @Nullable Map<String, Integer> sessions = Map.of();
        private final Map<String, Role> roles = new HashMap<>(Map.of("app", new Role(-1, false, true)));
        private final Map<String, Integer> databases = new HashMap<>(Map.of("shop", -1));
        private Duration idle = Duration.ZERO;

        Server instance(String name) {
            instance = name;
            return this;
        }

        Server version(int number) {
            version = number;
            return this;
        }

        Server tls(@Nullable String what) {
            tls = what;
            return this;
        }

        Server standby() {
            isStandby = true;
            return this;
        }

        Server superuser() {
            isSuperuser = true;
            return this;
        }

        Server sessions(@Nullable Map<String, Integer> all) {
            sessions = all;
            return this;
        }

        Server role(String name, Role role) {
            roles.put(name, role);
            return this;
        }

        Server database(String name, int limit) {
            databases.put(name, limit);
            return this;
        }

        Server idle(Duration limit) {
            idle = limit;
            return this;
        }

        SessionFacts build() {
            return new SessionFacts(
                    instance,
                    version,
                    "18.1",
                    tls,
                    isStandby,
                    isSuperuser,
                    false,
                    true,
                    100,
                    3,
                    0,
                    sessions,
                    roles,
                    databases,
                    idle);
        }
    }
}
