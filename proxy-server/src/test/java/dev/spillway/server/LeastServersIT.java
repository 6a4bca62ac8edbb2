package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The servers that a pool keeps, where none can be opened. */
class LeastServersIT {
    private final AtomicInteger attempts = new AtomicInteger();

    @Test
    void nobodyTriesForAClientWhoHasLeft() throws Exception {
        try (ServerSocket door = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> refuseAll(door));
            ProxyConfig config = RunningProxy.config(door.getLocalPort(), PoolMode.TRANSACTION, 5)
                    .with(Settings.LANES, 1)
                    .with(Settings.MIN_POOL_SIZE, 2)
                    .with(Settings.SERVER_LOGIN_RETRY, Duration.ofMillis(100))
                    .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofSeconds(1));
            try (RunningProxy proxy = new RunningProxy(config)) {
                Endpoint through = PostgresFixture.shared()
                        .endpoint()
                        .withPort(proxy.proxy().port());
                assertThatThrownBy(() -> WireClient.connect(through)).isInstanceOf(Exception.class);
                int tried = attempts.get();
                assertThat(tried).as("attempts for the client, while it waited").isGreaterThan(2);

                await().during(Duration.ofSeconds(1))
                        .atMost(Duration.ofSeconds(5))
                        .until(() -> attempts.get() <= tried + 1); // one was under way
            }
        }
    }

    private void refuseAll(ServerSocket door) {
        try {
            while (true) {
                door.accept().close();
                attempts.incrementAndGet();
            }
        } catch (IOException e) {
            // the door is closed
        }
    }
}
