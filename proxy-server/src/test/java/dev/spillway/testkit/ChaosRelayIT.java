package dev.spillway.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ChaosRelayIT {
    private final Endpoint postgres = PostgresFixture.shared().endpoint();

    @Test
    void splitAndDelayedTrafficArrivesWholeAndInOrder() throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(postgres, ChaosPlan.splitting(7));
                WireClient client = WireClient.connect(postgres.withPort(relay.port()))) {
            List<BackendMessage> rows = client.query("select g from generate_series(1, 2000) g").stream()
                    .filter(message -> message.is('D'))
                    .toList();
            assertThat(rows).hasSize(2000);
            assertThat(rows.getLast().column()).isEqualTo("2000");
            assertThat(relay.accepted()).isEqualTo(1);
            assertThat(relay.openNow()).isEqualTo(1);
            assertThat(relay.bytes()).isGreaterThan(20_000);
            client.terminate();
            Awaitility.await().until(() -> relay.openNow() == 0);
        }
    }

    @Test
    void cutEndsTheConnectionAndIsCounted() throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(postgres, ChaosPlan.calm())) {
            for (ChaosRelay.Cut how : ChaosRelay.Cut.values()) {
                try (WireClient client = WireClient.connect(postgres.withPort(relay.port()))) {
                    relay.cutAll(how);
                    assertThatThrownBy(client::readMessage).isInstanceOf(IOException.class);
                }
            }
            assertThat(relay.cuts()).isEqualTo(2);
        }
    }

    @Test
    void whatAPeerSaysToACutIsNotPassedOn() throws IOException {
        PostgresFixture.shared().execute("create table if not exists relayed (n int)");
        try (ChaosRelay relay = ChaosRelay.before(postgres, ChaosPlan.calm())) {
            for (int i = 0; i < 300; i++) {
                try (WireClient client = WireClient.connect(postgres.withPort(relay.port()))) {
                    client.send(Messages.query("copy relayed from stdin"));
                    assertThat(client.readMessage().is('G')).isTrue();
                    relay.cutAll(ChaosRelay.Cut.FIN);
                    // PostgreSQL says that the client has gone
                    assertThatThrownBy(client::readMessage).isInstanceOf(IOException.class);
                }
            }
        }
    }

    @Test
    void connectionEndsAfterItsBytes() throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(postgres, ChaosPlan.calm().cuttingAfter(10_000));
                WireClient client = WireClient.connect(postgres.withPort(relay.port()))) {
            assertThatThrownBy(() -> client.query("select repeat('x', 20000)")).isInstanceOf(IOException.class);
            assertThat(relay.bytes()).isLessThanOrEqualTo(10_000);
        }
    }

    @Test
    void refusedUntilAcceptedAgain() throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(postgres, ChaosPlan.calm())) {
            Endpoint through = postgres.withPort(relay.port());
            relay.refuse();
            assertThatThrownBy(() -> WireClient.connect(through).close()).isInstanceOf(ConnectException.class);
            relay.acceptAgain();
            WireClient.connect(through).terminate();
        }
    }

    @Test
    void pausedTrafficArrivesAfterResume() throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(postgres, ChaosPlan.calm());
                WireClient client =
                        WireClient.connect(postgres.withPort(relay.port()), Map.of(), Duration.ofMillis(200))) {
            relay.pause();
            client.send(Messages.query("select 5"));
            assertThatThrownBy(client::readMessage).isInstanceOf(SocketTimeoutException.class);
            relay.resume();
            client.timeout(Duration.ofSeconds(10));
            assertThat(client.readUntilReady()).hasSize(4);
        }
    }

    @Test
    void oneChosenMessageIsAlteredDroppedDoubledOrSwapped() throws IOException {
        assertThat(rowsUnder(BackendEdit.alterOnce(m -> m.is('D'), m -> new BackendMessage((byte) 'D', m.body()))))
                .containsExactly("1", "2", "3");
        assertThat(rowsUnder(BackendEdit.dropOnce(m -> m.is('D')))).containsExactly("2", "3");
        assertThat(rowsUnder(BackendEdit.doubleOnce(m -> m.is('D')))).containsExactly("1", "1", "2", "3");
        assertThat(rowsUnder(BackendEdit.swapOnce(m -> m.is('D')))).containsExactly("2", "1", "3");
    }

    private List<String> rowsUnder(BackendEdit edit) throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(postgres, ChaosPlan.splitting(1))) {
            relay.edit(edit);
            try (WireClient client = WireClient.open(postgres.withPort(relay.port()), Duration.ofSeconds(10))) {
                client.send(Messages.sslRequest());
                assertThat(client.readByte()).isEqualTo('N');
                client.login(Messages.PROTOCOL_3_0, Map.of(), null);
                return client.query("select g from generate_series(1, 3) g").stream()
                        .filter(message -> message.is('D'))
                        .map(BackendMessage::column)
                        .toList();
            }
        }
    }
}
