package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.server.cli.SpillwayCommand;
import dev.spillway.server.top.Top;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.HttpProbe;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code spillway top} before a proxy, from its command line to its exit code. */
class TopIT {
    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void printsOnceWhatTheAdminPortSaysAndExplainsWhatIsNone() throws IOException {
        int port = HttpProbe.freePort();
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 7)
                        .with(AdminSettings.ADMIN_LISTEN_PORT, port));
                WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            client.query("begin");

            assertThat(top(":" + port)).as(err.toString()).isZero();
            assertThat(out.toString().lines())
                    .anyMatch(line -> line.matches("Spillway \\S+ at 127.0.0.1:" + port + ", up .*"))
                    .contains("All is well: nobody waits.")
                    .anyMatch(line -> line.startsWith("Servers  1 of 7: 1 in use"))
                    .anyMatch(line -> line.matches(direct.database() + " +" + direct.user() + " +1 +0 +- +1\\+0/7 .*"))
                    .allMatch(line -> line.length() <= 80 && !line.contains("\u001b"));
            assertThat(err.toString()).isEmpty();

            assertThat(top(":" + proxy.proxy().port())).isEqualTo(1);
            assertThat(err.toString()).contains("admin_listen_port");
        }
        assertThat(top(":" + port)).isEqualTo(1);
        assertThat(err.toString()).contains("nothing listens there");
        assertThat(top("no-such-host.invalid")).isEqualTo(1);
        assertThat(err.toString()).contains("no-such-host.invalid:6433 is not known");
    }

    private int top(String address) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return SpillwayCommand.commandLine(
                        (config, source, options) -> 0,
                        CheckRun::run,
                        (wish, topOut, topErr) ->
                                new Top(wish.host(), wish.port(), wish.interval()).run(wish.isOnce(), topOut, topErr),
                        (demoOut, demoErr, isTerminal, stays) -> 0,
                        command -> 0,
                        Map.of())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute("top", "--once", "--interval", "0.2", address);
    }
}
