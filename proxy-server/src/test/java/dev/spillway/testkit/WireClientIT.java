package dev.spillway.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WireClientIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final PostgresFixture postgres = PostgresFixture.shared();

    @Test
    void answersReadLikeLibpqsTrace() throws IOException {
        try (WireClient client = WireClient.connect(postgres.endpoint())) {
            assertThat(client.query("select 'x' as a"))
                    .extracting(BackendMessage::trace)
                    .containsExactly(
                            "B\t26\tRowDescription\t 1 \"a\" 0 0 25 65535 -1 0",
                            "B\t11\tDataRow\t 1 1 'x'",
                            "B\t13\tCommandComplete\t \"SELECT 1\"",
                            "B\t5\tReadyForQuery\t I");
            client.terminate();
        }
    }

    @Test
    void errorTellsItsFields() throws IOException {
        try (WireClient client = WireClient.connect(postgres.endpoint())) {
            BackendMessage error = client.query("select 1/0").getFirst();
            assertThat(error.sqlState()).isEqualTo("22012");
            assertThat(error.errorText()).isEqualTo("division by zero");
            assertThat(error.isFatal()).isFalse();
        }
    }

    @Test
    void startupParametersAreInForceAndReported() throws IOException {
        Map<String, String> parameters = Map.of("TimeZone", "Asia/Tokyo", "application_name", "kit");
        try (WireClient client = WireClient.connect(postgres.endpoint(), parameters, LIMIT)) {
            assertThat(client.parameterStatus()).containsAllEntriesOf(parameters);
            assertThat(client.queryOne("show TimeZone")).isEqualTo("Asia/Tokyo");
        }
    }

    @Test
    void clearTextPasswordLogsInWithAProtocolOfChoice() throws IOException {
        Endpoint endpoint = postgres.endpoint().withUser(PostgresFixture.CLEAR_USER);
        try (WireClient client = WireClient.open(endpoint, LIMIT)) {
            List<BackendMessage> said =
                    client.login(Messages.PROTOCOL_3_2, Map.of("_pq_.nonsense", "1"), PostgresFixture.PASSWORD);
            assertThat(said).anyMatch(message -> message.is('v'));
            assertThat(client.key().length).as("3.2 has long cancel keys").isGreaterThan(8);
        }
    }

    @Test
    void refusalIsAnErrorWithItsMessage() {
        Endpoint endpoint = postgres.endpoint().withDatabase("nowhere");
        assertThatThrownBy(() -> WireClient.connect(endpoint).close())
                .isInstanceOfSatisfying(
                        WireClient.ServerRefused.class,
                        refused -> assertThat(refused.error().sqlState()).isEqualTo("3D000"));
    }

    @Test
    void encryptionRequestsAreAnsweredWithOneByte() throws IOException {
        try (WireClient client = WireClient.open(postgres.endpoint(), LIMIT)) {
            client.send(Messages.gssEncRequest());
            assertThat(client.readByte()).isEqualTo('N');
            client.send(Messages.sslRequest());
            assertThat(client.readByte()).isEqualTo('N');
            client.login(Messages.PROTOCOL_3_0, Map.of(), null);
            assertThat(client.queryOne("select 1")).isEqualTo("1");
        }
    }

    @Test
    void everyKindOfMessageIsUnderstoodByPostgres() throws IOException {
        try (WireClient client = WireClient.connect(postgres.endpoint())) {
            client.send(
                    Messages.parse("s", "select $1::text", 25),
                    Messages.describeStatement("s"),
                    Messages.bind("p", "s", "v"),
                    Messages.describePortal("p"),
                    Messages.execute("p", 1),
                    Messages.execute("p", 0),
                    Messages.closePortal("p"),
                    Messages.closeStatement("s"),
                    Messages.flush(),
                    Messages.sync());
            assertThat(types(client.readUntilReady())).isEqualTo("1tT2TDsC33Z");
            client.send(Messages.functionCall(177, "3", "4"));
            assertThat(client.readUntilReady().getFirst().trace()).isEqualTo("B\t9\tFunctionCallResponse\t 1 '7'");
            client.send(Messages.query("begin; create table kit_copy (v text); copy kit_copy from stdin"));
            client.send(Messages.copyData("a\n"), Messages.copyDone());
            assertThat(types(client.readUntilReady())).isEqualTo("CCGCZ");
            client.send(Messages.query("copy kit_copy from stdin"), Messages.copyFail("changed my mind"));
            assertThat(types(client.readUntilReady())).isEqualTo("GEZ");
        }
    }

    @Test
    void oneByteAtATimeIsStillAQuery() throws IOException {
        try (WireClient client = WireClient.connect(postgres.endpoint())) {
            client.sendSlowly(Messages.query("select 7"), 1);
            assertThat(types(client.readUntilReady())).isEqualTo("TDCZ");
        }
    }

    @Test
    void cancelEndsTheRunningQuery() throws IOException {
        try (WireClient client = WireClient.connect(postgres.endpoint())) {
            client.send(Messages.query("do $$ begin raise notice 'running'; perform pg_sleep(30); end $$"));
            assertThat(client.readMessage().errorText()).isEqualTo("running");
            client.cancel();
            assertThat(client.readMessage().sqlState()).isEqualTo("57014");
        }
    }

    @Test
    void silenceEndsInATimeout() throws IOException {
        try (WireClient client = WireClient.connect(postgres.endpoint())) {
            client.timeout(Duration.ofMillis(50));
            assertThatThrownBy(client::readMessage).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void halfClosedConnectionIsClosedByPostgres() throws IOException {
        try (WireClient client = WireClient.connect(postgres.endpoint())) {
            client.halfClose();
            assertThat(client.readUntilClosed()).isEmpty();
        }
    }

    private static String types(List<BackendMessage> messages) {
        StringBuilder types = new StringBuilder();
        messages.forEach(message -> types.append(message.type()));
        return types.toString();
    }
}
