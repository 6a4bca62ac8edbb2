package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.ConfigException;
import dev.spillway.core.pool.Totals;
import dev.spillway.server.configfile.FileSource;
import dev.spillway.server.configfile.LogOpening;
import dev.spillway.server.rehearsal.Rehearsal;
import dev.spillway.server.rehearsal.RehearsedProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The rehearsal has to go through what a proxy does at work: what it leaves out is learned late. */
class RehearsalIT {
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private final AtomicReference<Totals> totals = new AtomicReference<>();

    @Test
    void rehearsesLoginsTransactionsAndWaits() throws IOException {
        Rehearsal.run(this::open, Duration.ofMillis(1500));

        assertThat(totals.get().transactions()).isGreaterThan(100);
        assertThat(totals.get().waits()).isPositive();
    }

    @Test
    void saysWhatWentWrong() {
        assertThatThrownBy(() -> Rehearsal.run(
                        (environment, port) -> {
                            Map<String, String> narrow = new HashMap<>(environment);
                            narrow.put("SPILLWAY_FAIL_FAST", "true");
                            narrow.put("SPILLWAY_MAX_CLIENT_CONN", "1");
                            return open(narrow, port);
                        },
                        Duration.ofSeconds(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("a client failed");
    }

    @Test
    void worksWithAProxyThatIsAProcessOfItsOwn() throws IOException {
        List<String> command = List.of(
                JAVA,
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "run");
        AtomicReference<RehearsedProcess> started = new AtomicReference<>();

        Rehearsal.run(
                (environment, port) -> {
                    RehearsedProcess proxy = RehearsedProcess.start(command, environment);
                    started.set(proxy);
                    proxy.awaitPort(port);
                    return proxy;
                },
                Duration.ofMillis(500));

        assertThat(started.get().isAlive()).isFalse();
    }

    @Test
    void saysThatAProcessHasEnded() {
        assertThatThrownBy(() -> Rehearsal.run(
                        (environment, port) -> {
                            RehearsedProcess proxy = RehearsedProcess.start(List.of(JAVA, "-version"), environment);
                            proxy.awaitPort(port);
                            return proxy;
                        },
                        Duration.ofSeconds(1)))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the proxy ended with exit code 0 and said: ")
                .hasMessageContaining("Runtime Environment");
    }

    private Rehearsal.Stage open(Map<String, String> environment, int port) throws IOException {
        Path file = Path.of(Objects.requireNonNull(environment.get("SPILLWAY_CONFIG")));
        Proxy proxy;
        try {
            proxy = Proxy.start(new FileSource(file, environment, Map.of(), LogOpening.NONE).load());
        } catch (ConfigException e) {
            throw new IOException(e);
        }
        assertThat(proxy.port()).isEqualTo(port);
        return () -> {
            totals.set(proxy.totals());
            proxy.stop();
        };
    }
}
