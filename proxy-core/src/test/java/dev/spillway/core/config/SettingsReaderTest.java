package dev.spillway.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.spillway.core.config.RawValue.Kind;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsReaderTest {
    private final Problems problems = new Problems();
    private final Layer low = new Layer(new Source("low"));
    private final Layer high = new Layer(new Source("high"));
    private int line;

    @Test
    void higherLayerWinsSettingBySetting() {
        valid();
        put(low, "default_pool_size", "1");
        put(low, "max_client_conn", "2");
        put(high, "default_pool_size", "3");
        low.database("app", new Source("low")).put("pool_size", raw("4")).put("port", raw("5"));
        high.database("app", new Source("high")).put("port", raw("6"));

        ProxyConfig config = read();

        assertThat(problems.found()).isEmpty();
        assertThat(config.defaultPoolSize()).isEqualTo(3);
        assertThat(config.maxClientConn()).isEqualTo(2);
        assertThat(config.databases().get("app"))
                .isEqualTo(DatabaseConfig.named("app")
                        .with(DatabaseSettings.POOL_SIZE, 4)
                        .with(DatabaseSettings.PORT, 6));
    }

    @Test
    void unsetTakesBackWhatLowerLayersSaid() {
        valid();
        put(low, "default_pool_size", "1");
        high.global().put("default_pool_size", RawValue.unset(new Source("high")));

        assertThat(read().defaultPoolSize()).isEqualTo(20);
    }

    @Test
    void everyProblemIsReportedAtOnceAndWhereItIs() {
        put(low, "defalt_pool_size", "1");
        put(low, "listen_port", "70000");
        put(low, "pool_mode", "query");
        put(high, "log_connections", "maybe");
        high.database("app", new Source("t:1")).put("hots", raw("x")).put("max_client_conn", raw("1"));
        high.user("u", new Source("t:4")).put("port", raw("1"));

        read();

        assertThat(problems.found())
                .extracting(Problem::toString)
                .satisfiesExactly(
                        p -> assertThat(p)
                                .isEqualTo(
                                        "t:1: unknown setting 'defalt_pool_size': did you mean 'default_pool_size'?"),
                        p -> assertThat(p)
                                .isEqualTo("t:2: listen_port must be a whole number from 0 to 65535, not 70000"),
                        p -> assertThat(p).startsWith("t:3: pool_mode must be one of session, transaction, statement"),
                        p -> assertThat(p).isEqualTo("t:4: log_connections must be true or false, not 'maybe'"),
                        p -> assertThat(p)
                                .isEqualTo("t:5: unknown setting 'hots' in [databases.app]: did you mean 'host'?"),
                        p -> assertThat(p)
                                .isEqualTo(
                                        "t:6: setting 'max_client_conn' does not belong in [databases.app]: it stands"
                                                + " before every [table]"),
                        p -> assertThat(p).startsWith("t:7: unknown setting 'port' in [users.u]"),
                        p -> assertThat(p).startsWith("t:1: no password of any client is known"));
    }

    @Test
    void exceptionCarriesOneLineForEachProblem() {
        put(low, "a", "1");
        put(low, "b", "1");
        read();

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(problems::throwIfAny)
                .satisfies(e -> assertThat(e.problems()).hasSize(3))
                .satisfies(
                        e -> assertThat(String.valueOf(e.getMessage()).lines()).hasSize(3));
    }

    @ParameterizedTest
    @CsvSource({
        "listen_port, STRING, 'a whole number from 0 to 65535, not a string'",
        "listen_port, BOOLEAN, not true or false",
        "listen_port, FLOAT, not a decimal number",
        "auth_type, INTEGER, not a whole number",
        "query_wait_timeout, BOOLEAN, not true or false",
        "log_connections, STRING, not a string",
        "server_reset_query, ARRAY, not an array"
    })
    void valueOfAnotherNotationIsNamed(String name, Kind kind, String expected) {
        valid();
        low.global().put(name, new RawValue(kind, "1", new Source("t:1")));

        read();

        assertThat(problems.found())
                .singleElement()
                .satisfies(
                        p -> assertThat(p.text()).startsWith(name + " must be").contains(expected));
    }

    @ParameterizedTest
    @CsvSource({
        "reserve_pool_timeout, 30, the reserve would never be used",
        "query_wait_timeout, 5, the reserve would never be used",
        "listen_addr, '*,127.0.0.1', others beside it",
        "listen_addr, '', names no address",
        "listen_port, 5432, is Spillway itself",
        "unix_socket_group, dba, has no effect",
        "tcp_keepalive, no, have no effect while tcp_keepalive is off",
        "auth_type, any, needs a user",
        "auth_type, scram-sha-256, has an MD5 password"
    })
    void contradictionIsAProblem(String name, String value, String expected) {
        valid();
        low.user("old", new Source("t")).put("password", raw("md5" + "0".repeat(32)));
        put(low, "auth_type", "md5");
        put(low, "tcp_keepidle", "60");
        put(high, name, value);

        read();

        assertThat(problems.found())
                .singleElement()
                .satisfies(p -> assertThat(p.text()).contains(expected));
    }

    @ParameterizedTest
    @CsvSource({
        "min_pool_size, 21, '', '', in pools of 20 (pool_size)",
        "max_db_connections, 2, '', '', may have no more than 2 in all (max_db_connections)",
        "query_wait_timeout, 5, '', '', clients of database 'app' give up after query_wait_timeout (5s)",
        "'', '', query_wait_timeout, 1, clients of user 'user' give up after query_wait_timeout (1s)",
        "'', '', pool_size, 2, pools of user 'user' may have only 2 (pool_size)",
        "'', '', max_user_connections, 2, user 'user' may have no more than 2 (max_user_connections)"
    })
    void contradictionOfOneDatabaseOrUserIsAProblemToo(
            String ofDatabase, String value, String ofUser, String userValue, String expected) {
        valid();
        put(low, "min_pool_size", "3");
        if (!ofDatabase.isEmpty()) {
            low.database("app", new Source("t")).put(ofDatabase, raw(value));
        }
        if (!ofUser.isEmpty()) {
            low.user("user", new Source("t")).put(ofUser, raw(userValue));
        }

        read();

        assertThat(problems.found())
                .singleElement()
                .satisfies(p -> assertThat(p.text()).contains(expected));
    }

    @Test
    void nothingIsConcludedFromAValueThatCouldNotBeRead() {
        low.database("app", new Source("t"));
        put(low, "auth_type", "scram");
        put(low, "reserve_pool_timeout", "60");
        put(low, "query_wait_timeout", "two minutes");

        read();

        assertThat(problems.found()).extracting(Problem::text).hasSize(2).allMatch(text -> text.contains("must be"));
    }

    @Test
    void disabledTimeoutsContradictNothing() {
        valid();
        put(low, "reserve_pool_timeout", "60");
        put(low, "query_wait_timeout", "0");

        read();

        assertThat(problems.found()).isEmpty();
    }

    @Test
    void databaseNeedsAUserForItsPasswordAndANameOfItsOwn() {
        valid();
        low.database("app", new Source("t")).put("password", raw("hush"));
        low.database("pgbouncer", new Source("t"));

        read();

        assertThat(problems.found())
                .extracting(Problem::text)
                .satisfiesExactly(
                        text -> assertThat(text).contains("has a password but no user"),
                        text -> assertThat(text).contains("the name is the console's"));
    }

    @Test
    void usersCannotBeLookedUpInTheConsoleNorByNothing() {
        valid();
        put(low, "auth_dbname", "spillway");
        put(low, "auth_query", " ");
        low.database("app", new Source("t")).put("auth_dbname", raw("nowhere"));

        read();

        assertThat(problems.found())
                .extracting(Problem::text)
                .satisfiesExactlyInAnyOrder(
                        text -> assertThat(text).isEqualTo("auth_query is empty"),
                        text -> assertThat(text)
                                .isEqualTo("auth_dbname cannot be 'spillway': the name is the console's"),
                        text -> assertThat(text)
                                .isEqualTo("auth_dbname of database 'app' is 'nowhere', which is not configured: nobody"
                                        + " could be looked up"));
    }

    @Test
    void rulesAndPeersNeedAPlace() {
        valid();
        put(low, "auth_type", "hba");
        read();
        assertThat(problems.found())
                .singleElement()
                .satisfies(
                        p -> assertThat(p.text()).isEqualTo("auth_type 'hba' needs auth_hba_file, which is not set"));

        put(high, "auth_type", "peer");
        Problems ofPeer = new Problems();
        new SettingsReader(List.of(low, high), ofPeer).read();
        assertThat(ofPeer.found())
                .singleElement()
                .satisfies(p -> assertThat(p.text()).contains("'peer'", "unix_socket_dir"));
    }

    @Test
    void whoCanBeLookedUpCanLogIn() {
        low.database("app", new Source("t")).put("auth_user", raw("asker"));

        read();

        assertThat(problems.found()).isEmpty();
    }

    @Test
    void nothingIsMissingWhereALayerCouldNotBeRead() {
        low.markUnreadable();

        read();

        assertThat(problems.found()).isEmpty();
    }

    @Test
    void withoutAnyDatabaseTheRemedyIsTold() {
        read();

        assertThat(problems.found())
                .singleElement()
                .satisfies(p -> assertThat(p.toString())
                        .startsWith("configuration: no database is configured: set DATABASE_URL="));
    }

    @Test
    void unknownDatabaseIsServedByTheFallbackUnderItsName() {
        ProxyConfig config = ProxyConfig.defaults()
                .with(DatabaseConfig.named("app"))
                .with(DatabaseConfig.named("*").with(DatabaseSettings.HOST, "other"));

        assertThat(Objects.requireNonNull(config.database("app")).host()).isEqualTo("127.0.0.1");
        DatabaseConfig fallback = Objects.requireNonNull(config.database("shop"));
        assertThat(fallback.name()).isEqualTo("shop");
        assertThat(fallback.dbname()).isEqualTo("shop");
        assertThat(fallback.host()).isEqualTo("other");
    }

    @Test
    void fallbackWithANameOnTheServerKeepsIt() {
        ProxyConfig config =
                ProxyConfig.defaults().with(DatabaseConfig.named("*").with(DatabaseSettings.DBNAME, "one"));

        assertThat(Objects.requireNonNull(config.database("shop")).dbname()).isEqualTo("one");
        assertThat(ProxyConfig.defaults().database("shop")).isNull();
    }

    @Test
    void whatIsDoubtfulIsNoProblemInALayerThatSaysSo() {
        Problems doubts = new Problems();
        valid();
        put(high, "unix_socket_group", "staff");
        put(high, "tcp_keepalive", "no");
        put(high, "tcp_keepidle", "60");
        low.doubtOnly(doubts);

        assertThat(read().unixSocketGroup()).isEqualTo("staff");
        assertThat(problems.found()).isEmpty();
        assertThat(doubts.found())
                .extracting(Problem::text)
                .satisfiesExactly(
                        text -> assertThat(text).contains("unix_socket_group has no effect"),
                        text -> assertThat(text).contains("tcp_keepalive is off"));

        put(high, "listen_addr", "");
        read();
        assertThat(problems.found())
                .singleElement()
                .satisfies(problem -> assertThat(problem.text()).contains("there is no unix_socket_dir"));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, localhost, 6432, true",
        "127.0.0.1, ::1, 6432, true",
        "127.0.0.1, 0.0.0.0, 6432, true",
        "*, 127.0.0.1, 6432, true",
        "0.0.0.0, localhost, 6432, true",
        "10.0.0.1, 10.0.0.1, 6432, true",
        "10.0.0.1, localhost, 6432, false",
        "127.0.0.1, localhost, 6433, true",
        "127.0.0.1, 'db,localhost', 6432, true",
        "127.0.0.1, /run/spillway, 6432, true",
        "127.0.0.1, /run/postgresql, 6432, false",
        "127.0.0.1, /run/spillway, 6433, false",
        "127.0.0.1, localhost, 5432, false",
        "127.0.0.1, db, 6432, false"
    })
    void databaseThatIsHereIsRefusedWhateverTheFormat(String listens, String host, String port, boolean isHere) {
        valid();
        low.doubtOnly(new Problems());
        put(high, "listen_addr", listens);
        put(high, "unix_socket_dir", "/run/spillway");
        low.database("app", new Source("low")).put("host", raw(host)).put("port", raw(port));

        read();

        assertThat(problems.found().stream().anyMatch(problem -> problem.text().contains("is Spillway itself")))
                .isEqualTo(isHere);
    }

    @Test
    void noDatabaseIsAProblemUnlessThatIsMeant() {
        read();
        assertThat(problems.found())
                .singleElement()
                .satisfies(problem -> assertThat(problem.text()).contains("no database is configured"));

        Problems none = new Problems();
        low.allowNoDatabase();
        new SettingsReader(List.of(low, high), none).read();
        assertThat(none.found()).isEmpty();
    }

    private void valid() {
        low.database("app", new Source("low"));
        low.user("user", new Source("low")).put("password", RawValue.untyped("hush", new Source("low")));
    }

    private void put(Layer layer, String name, String value) {
        layer.global().put(name, raw(value));
    }

    private RawValue raw(String value) {
        line++;
        return RawValue.untyped(value, Source.line("t", line));
    }

    private ProxyConfig read() {
        return new SettingsReader(List.of(low, high), problems).read();
    }
}
