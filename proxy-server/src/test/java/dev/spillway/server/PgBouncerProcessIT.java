package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process that a pgbouncer.ini starts: its lines, its files, and what it says when it cannot start. */
class PgBouncerProcessIT {
    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @TempDir
    private Path directory = Path.of("");

    private Path write(int port, String more) throws IOException {
        return Files.writeString(
                directory.resolve("pgbouncer.ini"), """
                    [databases]
                    * = host=127.0.0.1 port=%d
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = trust
                    pidfile = %s
                    logfile = %s
                    %s
                    """.formatted(direct.port(), port, pidfile(), logfile(), more));
    }

    private Path pidfile() {
        return directory.resolve("pgbouncer.pid");
    }

    private Path logfile() {
        return directory.resolve("pgbouncer.log");
    }

    @Test
    void hasPgbouncersLinesAPidfileAndALogThatCanBeRotated() throws Exception {
        Path ini = write(0, "stats_period = 1");
        try (ProxyProcess proxy = ProxyProcess.byHand(ini)) {
            Endpoint through = direct.withPort(proxy.port());
            await().untilAsserted(() -> assertThat(pidfile()).hasContent(proxy.pid() + "\n"));
            try (WireClient client = WireClient.connect(through)) {
                assertThat(client.queryOne("select 1")).isEqualTo("1");
            }
            await().until(() -> proxy.said("closing because: client") && proxy.said("LOG stats: "));
            assertThat(proxy.lines())
                    .allMatch(line -> line.matches(
                            "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} \\S+ \\[" + proxy.pid() + "] .*"));
            assertThat(proxy.lines())
                    .anyMatch(line -> line.matches(".* LOG stats: \\d+ xacts/s, \\d+ queries/s,"
                            + " \\d+ client parses/s, \\d+ server parses/s, \\d+ binds/s, \\d+ client logins/s,"
                            + " in \\d+ B/s, out \\d+ B/s, xact \\d+ us, query \\d+ us, wait \\d+ us"));
            assertThat(logfile()).content().contains("login attempt: db=");

            Path rotated = Files.move(logfile(), directory.resolve("pgbouncer.log.1"));
            proxy.signal("HUP");
            await().until(() ->
                    Files.exists(logfile()) && Files.readString(logfile()).contains("LOG reloaded"));
            assertThat(rotated).content().contains("LOG got SIGHUP, re-reading config");

            Files.writeString(ini, "[pgbouncer]\nmax_client_con = 1\n");
            Files.move(logfile(), directory.resolve("pgbouncer.log.2"));
            proxy.signal("HUP");
            await().until(() ->
                    Files.exists(logfile()) && Files.readString(logfile()).contains("ERROR not reloaded: "));
            write(0, "");

            try (ProxyProcess second = ProxyProcess.byHand(ini)) {
                assertThat(second.exitCode()).isEqualTo(1);
                assertThat(second.lines())
                        .singleElement()
                        .satisfies(line -> assertThat(line)
                                .endsWith(" ERROR pidfile '" + pidfile() + "' exists, another instance running?"));
            }
            proxy.signal("TERM");
            assertThat(proxy.exitCode()).isZero();
            assertThat(proxy.said("LOG got SIGTERM, shutting down, waiting for all clients disconnect"))
                    .isTrue();
            assertThat(pidfile()).doesNotExist();
        }
    }

    @Test
    void aPortThatIsTakenIsTheOnlyThingItSpeaksOf() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            Path ini = write(taken.getLocalPort(), "");
            try (ProxyProcess proxy = ProxyProcess.byHand(ini)) {
                assertThat(proxy.exitCode()).isEqualTo(1);
                assertThat(proxy.lines())
                        .singleElement()
                        .satisfies(line -> assertThat(line)
                                .contains("ERROR cannot listen on 127.0.0.1 port ")
                                .endsWith(": Address already in use"));
            }
            assertThat(pidfile()).doesNotExist();
        }
    }

    @Test
    void aUserThatItIsNotEndsTheStartAndQuietIsQuiet() throws Exception {
        Path ini = write(0, "user = nobody-else");
        try (ProxyProcess proxy = ProxyProcess.byHand(ini, "-q")) {
            assertThat(proxy.exitCode()).isEqualTo(1);
            assertThat(proxy.lines()).isEmpty();
        }
        assertThat(logfile())
                .content()
                .contains("has to run as nobody-else (user)")
                .hasLineCount(1);
    }
}
