package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TurnTap;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Layer (g): what a server is sent when a client with settings of its own begins a transaction on it that was on another before. The
 * settings go with the client's first message: nobody waits in between. {@code -Dspillway.test.record=true} records anew, and then the
 * recorded transcripts are to be read.
 */
class RestoreTranscriptIT {
    private static final Path FOLDER = Path.of("src", "test", "resources", "transcripts");

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    /** How the client begins; the file has the same name. */
    enum Beginning {
        RESTORE_SIMPLE,
        RESTORE_BEGIN,
        RESTORE_EXTENDED,
        RESTORE_PREPARED;

        List<byte[]> messages() {
            return switch (this) {
                case RESTORE_SIMPLE -> List.of(Messages.query("show work_mem"));
                case RESTORE_BEGIN -> List.of(Messages.query("begin"), Messages.query("show work_mem"));
                case RESTORE_EXTENDED -> List.of(Messages.extended("show work_mem"), Messages.sync());
                case RESTORE_PREPARED ->
                    List.of(
                            Messages.bind("", "named", "7"),
                            Messages.describePortal(""),
                            Messages.execute("", 0),
                            Messages.sync());
            };
        }

        Path file() {
            return FOLDER.resolve(name().toLowerCase(Locale.ROOT) + ".txt");
        }
    }

    @ParameterizedTest
    @EnumSource(Beginning.class)
    void settingsGoWithTheFirstMessage(Beginning beginning) throws IOException {
        try (TurnTap tap = new TurnTap(direct.port())) {
            ProxyConfig config =
                    RunningProxy.config(tap.port(), PoolMode.TRANSACTION, 2).with(Settings.LANES, 1);
            try (RunningProxy proxy = new RunningProxy(config)) {
                String heard = heard(tap, direct.withPort(proxy.proxy().port()), beginning);
                if (Boolean.getBoolean("spillway.test.record")) {
                    Files.writeString(beginning.file(), heard);
                }
                assertThat(heard).isEqualTo(Files.readString(beginning.file()));
            }
        }
    }

    private static String heard(TurnTap tap, Endpoint through, Beginning beginning) throws IOException {
        try (WireClient client = WireClient.connect(through);
                WireClient one = WireClient.connect(through);
                WireClient two = WireClient.connect(through)) {
            client.query("set work_mem = '7MB'; set search_path = pg_catalog; set app.tenant = 'it''s mine'");
            String before = begin(client);
            client.send(Messages.parse("named", "select $1::int, current_setting('work_mem')"), Messages.sync());
            client.readUntilReady();
            client.query("commit");
            // The two have both servers. Who has the other one lets it go.
            boolean isFirst = !begin(one).equals(before);
            boolean isSecond = !begin(two).equals(before);
            assertThat(isFirst).isNotEqualTo(isSecond);
            (isFirst ? one : two).query("commit");
            tap.listen();
            client.send(Messages.join(beginning.messages()));
            for (int answers = beginning == Beginning.RESTORE_BEGIN ? 2 : 1; answers > 0; answers--) {
                assertThat(client.readUntilReady()).noneMatch(message -> message.is('E'));
            }
            return tap.text();
        }
    }

    private static String begin(WireClient client) throws IOException {
        client.query("begin");
        return client.queryOne("select pg_backend_pid()");
    }
}
