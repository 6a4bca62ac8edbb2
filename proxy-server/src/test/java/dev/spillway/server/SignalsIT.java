package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The process itself, and the signals of the system: from `run` to its exit code. */
class SignalsIT {
    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @TempDir
    private Path directory = Path.of("");

    private void write(int poolSize, String more) throws IOException {
        Files.writeString(directory.resolve("spillway.toml"), """
            listen_port = 0
            lanes = 1
            auth_type = "trust"
            shutdown_timeout = "1min"
            reserve_pool_size = 0
            default_pool_size = %d
            %s
            [databases."*"]
            port = %d
            """.formatted(poolSize, more, direct.port()));
    }

    private ProxyProcess start() throws Exception {
        return ProxyProcess.byHand(directory.resolve("spillway.toml"));
    }

    @Test
    void whatWasIgnoredAtTheStartStaysSoAndIsToldOf() throws Exception {
        write(2, "");
        List<String> nohup = List.of("sh", "-c", "trap '' HUP; exec \"$@\"", "sh");
        try (ProxyProcess proxy = new ProxyProcess(nohup, directory.resolve("spillway.toml"));
                WireClient client = WireClient.connect(direct.withPort(proxy.port()))) {
            await().until(() -> proxy.said("SIGHUP has no effect"));
            proxy.signal("HUP");
            proxy.signal("TERM");
            assertThat(client.readUntilClosed().toString()).contains("57P01");
            assertThat(proxy.exitCode()).isZero();
            assertThat(proxy.said("reloaded") || proxy.said("SIGTERM has no effect"))
                    .isFalse();
        }
    }

    @Test
    void hangupReloadsTheFile() throws Exception {
        write(1, "");
        try (ProxyProcess proxy = start()) {
            Endpoint through = direct.withPort(proxy.port());
            try (WireClient one = WireClient.connect(through);
                    WireClient two = WireClient.connect(through)) {
                one.query("begin");
                write(2, "");
                proxy.signal("HUP");
                await().until(() -> proxy.said("reloaded"));
                assertThat(two.queryOne("select 'there is a second server'")).contains("second");

                write(3, "query_wait_timeouts = 1");
                proxy.signal("HUP");
                await().until(() -> proxy.said("not reloaded") && proxy.said("did you mean 'query_wait_timeout'"));
                one.query("commit");
                assertThat(one.queryOne("select 1")).isEqualTo("1");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void theFirstSignalLetsTransactionsEnd(String signal) throws Exception {
        write(2, "");
        try (ProxyProcess proxy = start()) {
            Endpoint through = direct.withPort(proxy.port());
            try (WireClient idle = WireClient.connect(through);
                    WireClient busy = WireClient.connect(through)) {
                busy.query("begin");
                proxy.signal(signal);
                assertThat(idle.readUntilClosed().toString()).contains("57P01");
                assertThatThrownBy(() -> WireClient.connect(through).close()).hasMessageContaining("57P03");
                assertThat(busy.queryOne("select 1")).isEqualTo("1");
                busy.query("commit");
                assertThat(busy.readUntilClosed().toString()).contains("57P01");
            }
            assertThat(proxy.exitCode()).isZero();
            assertThat(proxy.said("stopped")).isTrue();
        }
    }

    @Test
    void theSecondSignalEndsAtOnce() throws Exception {
        write(2, "");
        try (ProxyProcess proxy = start()) {
            try (WireClient busy = WireClient.connect(direct.withPort(proxy.port()))) {
                busy.query("begin");
                proxy.signal("TERM");
                await().until(() -> proxy.said("shutting down: WAIT_FOR_CLIENTS"));
                proxy.signal("TERM");
                assertThat(busy.readUntilClosed().toString()).contains("57P01");
            }
            assertThat(proxy.exitCode()).isZero();
        }
    }

    @Test
    void userSignalsPauseAndResume() throws Exception {
        write(2, "");
        try (ProxyProcess proxy = start();
                WireClient client = WireClient.connect(direct.withPort(proxy.port()))) {
            client.query("select 1");
            proxy.signal("USR2");
            await().until(() -> proxy.said("pooler is not paused/suspended"));
            proxy.signal("USR1");
            await().until(() -> proxy.said("PAUSE command issued"));
            client.send(Messages.query("select 'later'"));
            client.timeout(Duration.ofMillis(300));
            assertThatThrownBy(client::readMessage).isInstanceOf(SocketTimeoutException.class);
            client.timeout(Duration.ofSeconds(10));
            proxy.signal("USR2");
            assertThat(client.readUntilReady().toString()).contains("later");
        }
    }
}
