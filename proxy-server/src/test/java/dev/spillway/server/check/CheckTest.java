package dev.spillway.server.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.CapacitySettings;
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
                        + " that are reserved (superuser_reserved_connections), less 10 of server_headroom: 87 for"
                        + " Spillway");
    }

    private static ProxyConfig twoPoolsOf50() {
        return config().with(Settings.DEFAULT_POOL_SIZE, 50)
                .with(SHOP.with(DatabaseSettings.DBNAME, "shop"))
                .with(named(SHOP, "second").with(DatabaseSettings.DBNAME, "shop"));
    }

    @Test
    void poolsThatDoNotFitGetTheNumberThatDoes() {
        Report report = check(
                twoPoolsOf50(), server().sessions(Map.of("cron", 12, "app", 40)).build());

        assertThat(report.exitCode()).isEqualTo(1);
        assertThat(finding(report, "pools_too_large").text())
                .isEqualTo("2 pools may open 100 connections. max_connections 100, less 3 that are reserved"
                        + " (superuser_reserved_connections), less 12 that other users hold now, less 10 of"
                        + " server_headroom: 75 for Spillway. Spillway keeps to that, so pools do not reach"
                        + " their sizes, and clients wait for those of others");
        assertThat(finding(report, "pools_too_large").change())
                .isEqualTo("set default_pool_size to 37, or raise max_connections to at least 128");
        // 128 less 3, less 13 of headroom, less 12: 100
        assertThat(codes(check(twoPoolsOf50().with(Settings.DEFAULT_POOL_SIZE, 37), server())))
                .doesNotContain("pools_too_large");
    }

    @Test
    void whatOthersHoldBeyondTheRoomThatThereIsCountsToo() {
        Report report =
                check(twoPoolsOf50(), server().sessions(Map.of("cron", 95)).build());

        // 220 less 3, less 22 of headroom, less 95: 100
        assertThat(finding(report, "pools_too_large").change()).endsWith(", or raise max_connections to at least 220");
    }

    @Test
    void numberThatIsSetIsTriedWhetherItIsThereOrNot() {
        ProxyConfig config = twoPoolsOf50().with(CapacitySettings.MAX_SERVER_CONNECTIONS, 90);

        Report report =
                check(config, server().sessions(Map.of("cron", 12, "app", 40)).build());

        assertThat(report.exitCode()).isEqualTo(2);
        assertThat(finding(report, "pools_too_large").text())
                .startsWith("2 pools may open 90 connections. max_connections 100, less 3 that are reserved"
                        + " (superuser_reserved_connections), less 12 that other users hold now: 85 for Spillway."
                        + " Clients");
        assertThat(finding(report, "pools_too_large").change())
                .isEqualTo("set default_pool_size to 42, or raise max_connections to at least 105");
        assertThat(check(config.with(CapacitySettings.MAX_SERVER_CONNECTIONS, 85), server())
                        .exitCode())
                .isZero();
    }

    @Test
    void reserveThatDoesNotFitIsSaid() {
        ProxyConfig config = config().with(Settings.RESERVE_POOL_SIZE, 100);

        Report report = check(config, server());

        assertThat(finding(report, "reserve_too_large").level()).isEqualTo(Level.NOTE);
        assertThat(finding(report, "reserve_too_large").change())
                .isEqualTo("set reserve_pool_size to 67, or raise max_connections to at least 137");
        assertThat(finding(
                                check(config.with(CapacitySettings.MAX_SERVER_CONNECTIONS, 120), server()),
                                "reserve_too_large")
                        .level())
                .isEqualTo(Level.WARNING);
        assertThat(codes(check(config.with(Settings.RESERVE_POOL_TIMEOUT, Duration.ZERO), server())))
                .doesNotContain("reserve_too_large");
    }

    @Test
    void limitsOfOurOwnHoldWhateverTheSizesAre() {
        ProxyConfig config = config().with(Settings.DEFAULT_POOL_SIZE, 500);

        assertThat(check(config, server()).exitCode()).isEqualTo(1);
        assertThat(check(config.with(Settings.MAX_DB_CONNECTIONS, 87), server()).exitCode())
                .isZero();
        assertThat(check(config.with(Settings.MAX_USER_CONNECTIONS, 87), server())
                        .exitCode())
                .isZero();
        assertThat(check(config.with(Settings.MAX_USER_CONNECTIONS, 88), server())
                        .exitCode())
                .isEqualTo(1);
    }

    @Test
    void everyInstanceTakesAsMuch() {
        instances = 8;

        Report report = check(config(), server());

        assertThat(finding(report, "pools_too_large").text())
                .startsWith("one pool (shop/app) in each of 8 proxies may open 160 connections")
                .endsWith("who comes first has most");
        assertThat(finding(report, "pools_too_large").change())
                .startsWith("set default_pool_size to 10,")
                .endsWith(", or set fleet, so that all share by need");
    }

    // ---- a fleet ---------------------------------------------------------------------------------------------------

    private static final FleetFacts ALL_RIGHTS = new FleetFacts(3, true, true, true);

    private Report checkFleet(ProxyConfig config, SessionFacts facts, @Nullable FleetFacts fleet) {
        return run(
                config.with(CapacitySettings.FLEET, "shops"),
                login -> new Answer.Reached(facts, List.of(), login.fleet() == null ? null : fleet));
    }

    @Test
    void instancesOfAFleetShareWhatThereIs() {
        instances = 8;

        Report report = checkFleet(config(), server().build(), ALL_RIGHTS);

        assertThat(report.exitCode()).isZero();
        assertThat(finding(report, "capacity").text())
                .startsWith("one pool (shop/app) in each of 8 proxies, which share, may open 50");
        assertThat(finding(report, "fleet").where()).isEqualTo("db:5432, fleet shops");
        assertThat(finding(report, "fleet").text())
                .endsWith(
                        ": 87 for Spillway, less 2 that stay free for an instance that comes: 85 for all instances, by"
                            + " need, the one to speak by included. 3 instances speak there now; if all of 8 are busy"
                            + " each has 10");
        assertThat(tried)
                .singleElement()
                .satisfies(login -> assertThat(login.fleet()).isEqualTo("shops"));
    }

    @Test
    void fleetThatIsTooLargeGetsTheNumberThatDoes() {
        instances = 43;

        Report report = checkFleet(config(), server().build(), ALL_RIGHTS);

        assertThat(report.exitCode()).isEqualTo(2);
        // 101 less 3, less 10 of headroom, less 2: 86
        assertThat(finding(report, "fleet_too_large").change()).startsWith("raise max_connections to at least 101,");
        instances = 42;
        assertThat(codes(checkFleet(config(), server().build(), ALL_RIGHTS))).doesNotContain("fleet_too_large");
        instances = 2;
        assertThat(finding(
                                checkFleet(
                                        config().with(CapacitySettings.MAX_SERVER_CONNECTIONS, 5),
                                        server().build(),
                                        ALL_RIGHTS),
                                "fleet_too_large")
                        .change())
                .isEqualTo("set max_server_connections to 8 at least");
    }

    @Test
    void fleetNeedsRights() {
        assertThat(codes(checkFleet(config(), server().build(), new FleetFacts(0, false, true, true))))
                .contains("fleet_lock")
                .doesNotContain("fleet_end", "fleet_blind");
        assertThat(codes(checkFleet(config(), server().build(), new FleetFacts(0, true, false, true))))
                .contains("fleet_end")
                .doesNotContain("fleet_lock", "fleet_blind");
        assertThat(finding(checkFleet(config(), server().build(), new FleetFacts(0, true, true, false)), "fleet_blind")
                        .change())
                .startsWith("ALTER ROLE app SET track_activities = on");
        assertThat(finding(checkFleet(config(), server().sessions(null).build(), null), "fleet_blind")
                        .level())
                .isEqualTo(Level.ERROR);
    }

    @Test
    void instanceThatMayHaveOneConnectionCannotBeOfAFleet() {
        SessionFacts one = server().role("app", new Role(1, false, true)).build();

        assertThat(finding(checkFleet(config(), one, ALL_RIGHTS), "fleet_limit").change())
                .isEqualTo("ALTER ROLE app CONNECTION LIMIT 2 at least");
        instances = 8;
        SessionFacts few = server().database("shop", 15).build();
        assertThat(finding(checkFleet(config(), few, ALL_RIGHTS), "fleet_limit").text())
                .isEqualTo("the CONNECTION LIMIT of database shop is 15: 8 instances need one to speak by and one for"
                        + " clients each");
        assertThat(codes(checkFleet(config(), server().database("shop", 16).build(), ALL_RIGHTS)))
                .doesNotContain("fleet_limit");
    }

    @Test
    void fleetSpeaksByTheDatabaseThatIsNamed() {
        ProxyConfig config = config().with(named(SHOP, "other").with(DatabaseSettings.USER, "teller"));
        SessionFacts facts = server().role("teller", new Role(-1, false, true)).build();

        checkFleet(config, facts, ALL_RIGHTS);
        assertThat(tried)
                .filteredOn(login -> login.fleet() != null)
                .extracting(Login::user)
                .containsExactly("teller"); // the first by name
        checkFleet(config.with(CapacitySettings.FLEET_DBNAME, "shop"), facts, ALL_RIGHTS);
        assertThat(tried)
                .filteredOn(login -> login.fleet() != null)
                .extracting(Login::user)
                .containsExactly("app");

        Report report = run(
                config.with(CapacitySettings.FLEET, "shops"),
                login -> login.user().equals("teller") ? new Answer.Refused("28P01", "no") : reached(facts));
        assertThat(finding(report, "fleet_unreachable").change()).contains("fleet_dbname");
        assertThat(codes(checkFleet(ProxyConfig.defaults().with(named(SHOP, ProxyConfig.FALLBACK)), facts, ALL_RIGHTS)))
                .contains("fleet_speaks_later");
    }

    @Test
    void whoIsNotInAFleetIsNotAskedForIt() {
        Report report = check(config(), server());

        assertThat(tried).allMatch(login -> login.fleet() == null);
        assertThat(codes(report)).noneMatch(code -> code.startsWith("fleet"));
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
        assertThat(found.level()).isEqualTo(Level.WARNING); // Spillway keeps to it by itself
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
    void limitThatOnlyTheReservePassesIsSaid() {
        SessionFacts facts = server().role("app", new Role(30, false, true)).build();

        assertThat(finding(check(config(), facts), "role_limit").level()).isEqualTo(Level.NOTE);
        ProxyConfig unasked = config().with(CapacitySettings.MAX_SERVER_CONNECTIONS, 80);
        assertThat(finding(check(unasked, facts), "role_limit").level()).isEqualTo(Level.WARNING);
        assertThat(finding(check(unasked.with(Settings.DEFAULT_POOL_SIZE, 31), facts), "role_limit")
                        .level())
                .isEqualTo(Level.ERROR);
        assertThat(finding(check(config(), server().database("shop", 49).build()), "database_limit")
                        .level())
                .isEqualTo(Level.NOTE);
        assertThat(codes(check(config(), server().database("shop", 50).build())))
                .doesNotContain("database_limit");
    }

    @Test
    void noLimitHoldsForSuperusersAndTheyHaveWhatIsReserved() {
        SessionFacts facts = server().database("shop", 1)
                .role("app", new Role(1, true, true))
                .superuser()
                .build();
        Report report = check(
                config().with(Settings.DEFAULT_POOL_SIZE, 100)
                        .with(Settings.RESERVE_POOL_SIZE, 0)
                        .with(CapacitySettings.MAX_SERVER_CONNECTIONS, 100),
                facts);

        assertThat(report.exitCode()).isZero();
        assertThat(codes(report)).contains("superuser").doesNotContain("role_limit", "database_limit");
        assertThat(finding(check(config(), facts), "capacity").text())
                .as("Spillway leaves what is reserved to others all the same")
                .contains("less 3 that are reserved")
                .endsWith(": 87 for Spillway");
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
                                : List.of(new Answer.Failure("auth_query", "permission denied for table x")),
                        null));

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
        return new Answer.Reached(facts, List.of(), null);
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
