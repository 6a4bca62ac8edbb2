package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.pool.Totals;
import dev.spillway.server.rehearsal.Rehearsal;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The rehearsal has to go through what a proxy does at work: what it leaves out is learned late. */
class RehearsalIT {
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
                        config -> open(config.with(Settings.FAIL_FAST, true).with(Settings.MAX_CLIENT_CONN, 1)),
                        Duration.ofSeconds(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("a client failed");
    }

    private Rehearsal.Stage open(ProxyConfig config) throws IOException {
        Proxy proxy = Proxy.start(config);
        return new Rehearsal.Stage(proxy.port(), () -> {
            totals.set(proxy.totals());
            proxy.stop();
        });
    }
}
