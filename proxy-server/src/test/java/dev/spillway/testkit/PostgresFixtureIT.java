package dev.spillway.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresFixtureIT {
    private final PostgresFixture postgres = PostgresFixture.shared();

    @Test
    void hasItsLimit() {
        assertThat(postgres.queryOne("show max_connections")).isEqualTo("" + PostgresFixture.MAX_CONNECTIONS);
    }

    @Test
    void embeddedOneIsPostgresEighteenOnLoopback() {
        assertThat(PostgresFixture.embedded().queryOne("show server_version")).startsWith("18.6");
        assertThat(PostgresFixture.embedded().queryOne("show listen_addresses")).isEqualTo("127.0.0.1");
    }

    @Test
    void passwordsAreStoredAsTheirMethodDemands() {
        String hash = "select rolpassword from pg_authid where rolname = '%s'";
        assertThat(postgres.queryOne(hash.formatted(PostgresFixture.SCRAM_USER)))
                .startsWith("SCRAM-SHA-256$");
        assertThat(postgres.queryOne(hash.formatted(PostgresFixture.MD5_USER))).startsWith("md5");
    }

    @ParameterizedTest
    @ValueSource(strings = {PostgresFixture.SCRAM_USER, PostgresFixture.MD5_USER, PostgresFixture.CLEAR_USER})
    void passwordIsDemanded(String user) throws SQLException {
        String url = postgres.endpoint().withUser(user).jdbcUrl();
        try (Connection connection = DriverManager.getConnection(url + "&password=" + PostgresFixture.PASSWORD)) {
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThatThrownBy(() ->
                        DriverManager.getConnection(url + "&password=wrong").close())
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
    }
}
