package dev.spillway.server.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.LoggerContext;
import dev.spillway.core.config.LogFormat;
import dev.spillway.core.config.ProcessSettings;
import dev.spillway.core.config.ProxyConfig;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** The log as Spillway comes, changed as a configuration wants it. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class LogSetupTest {
    private static final String LINE = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} \\S+ \\[\\d+] %s\n";

    private final PrintStream systemOut = System.out;
    private final PrintStream systemErr = System.err;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final LoggerContext logs = new LoggerContext();

    @TempDir
    private Path directory = Path.of("");

    @BeforeEach
    void begin() {
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        InstalledLog.configure(logs);
    }

    @AfterEach
    void end() {
        logs.stop();
        System.setOut(systemOut);
        System.setErr(systemErr);
    }

    private void say(String text) {
        logs.getLogger("dev.spillway.x").info(text);
    }

    private static ProxyConfig pgBouncer() {
        return ProxyConfig.defaults().with(ProcessSettings.LOG_FORMAT, LogFormat.PGBOUNCER);
    }

    @Test
    void withoutSettingsItStaysAsItIs() throws Exception {
        new LogSetup(logs, false).open(ProxyConfig.defaults());
        say("one");
        logs.getLogger("dev.spillway.x").debug("hidden");
        logs.stop();
        assertThat(out.toString(StandardCharsets.UTF_8)).matches("\\S+T\\S+ INFO  \\[\\S+] one\n");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void linesAreThoseOfPgbouncerAndCannotBeForged() throws Exception {
        say("before");
        new LogSetup(logs, false).open(pgBouncer().with(ProcessSettings.VERBOSE, 1));
        say("one\n2026-01-01 00:00:00.000 UTC [1] LOG forged");
        logs.getLogger("dev.spillway.x").warn("two", new IllegalStateException("why"));
        logs.getLogger("dev.spillway.x").debug("three");
        logs.stop();
        assertThat(out.toString(StandardCharsets.UTF_8)).endsWith(" before\n");
        assertThat(err.toString(StandardCharsets.UTF_8))
                .matches("(?s)" + LINE.formatted("LOG one\n\t2026-01-01 00:00:00.000 UTC .1. LOG forged")
                        + LINE.formatted("WARNING two\n\tjava.lang.IllegalStateException: why\n\t.*")
                        + LINE.formatted("DEBUG three"));
    }

    @Test
    void anEventIsOneObjectOfJsonWhateverItSays() throws Exception {
        Path file = directory.resolve("x.json");
        new LogSetup(logs, false)
                .open(ProxyConfig.defaults()
                        .with(ProcessSettings.LOG_FORMAT, LogFormat.JSON)
                        .with(ProcessSettings.LOGFILE, file.toString()));
        say("one\n{\"level\":\"forged\"}\t\\\u0000\u2028\ud800ä\ud83d\ude00");
        logs.getLogger("dev.spillway.x").warn("two", new IllegalStateException("why"));
        logs.stop();
        String lines = out.toString(StandardCharsets.UTF_8);
        assertThat(lines)
                .matches(
                        "(?s)\\{\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\",\"level\":\"INFO\","
                            + "\"logger\":\"dev.spillway.x\",\"thread\":\"[^\"]+\",\"message\":\"one.*");
        assertThat(lines)
                .contains("\"message\":\"one\\n"
                        + "{\\\"level\\\":\\\"forged\\\"}\\t\\\\\\u0000\\u2028\\ud800ä\ud83d\ude00\"}\n")
                .contains("\"level\":\"WARN\"", "\"error\":\"java.lang.IllegalStateException: why\\n");
        assertThat(lines.lines()).hasSize(2);
        assertThat(file).content().isEqualTo(lines);
        assertThat(err.size()).isZero();
    }

    @Test
    void theFileIsAppendedToAndOpenedAnewForEachConfiguration() throws Exception {
        Path file = Files.writeString(directory.resolve("x.log"), "from before\n");
        ProxyConfig config = pgBouncer().with(ProcessSettings.LOGFILE, file.toString());
        LogSetup setup = new LogSetup(logs, true);
        setup.open(config);
        say("one");
        LogSetupTest.awaitText(file, "one");
        Path rotated = Files.move(file, directory.resolve("x.log.1"));
        say("two");
        LogSetupTest.awaitText(rotated, "two");
        setup.open(config);
        say("three");
        LogSetupTest.awaitText(file, "three");
        Path other = directory.resolve("other.log");
        setup.open(pgBouncer().with(ProcessSettings.LOGFILE, other.toString()));
        say("four");
        logs.stop();
        assertThat(rotated).content().matches("(?s)from before\n.* LOG one\n.* LOG two\n");
        assertThat(file).content().matches(".* LOG three\n");
        assertThat(other).content().matches(".* LOG four\n");
        assertThat(out.size() + err.size()).isZero();
    }

    private static void awaitText(Path file, String text) {
        org.awaitility.Awaitility.await()
                .until(() -> Files.exists(file) && Files.readString(file).contains(text));
    }

    @Test
    void aFileThatCannotBeOpenedAnewIsToldOfInTheOneThatIsOpen() throws Exception {
        Path sub = Files.createDirectory(directory.resolve("sub"));
        Path file = sub.resolve("x.log");
        ProxyConfig config = pgBouncer().with(ProcessSettings.LOGFILE, file.toString());
        LogSetup setup = new LogSetup(logs, true);
        setup.open(config);
        Path moved = Files.move(sub, directory.resolve("moved")).resolve("x.log");
        setup.open(config);
        say("still here");
        logs.stop();
        assertThat(moved)
                .content()
                .contains("cannot be opened: there is no such directory")
                .contains("still here");
    }

    @Test
    void aFileThatCannotBeOpenedIsAProblem() {
        String path = directory.resolve("no/x.log").toString();
        assertThatThrownBy(() ->
                        new LogSetup(logs, false).open(ProxyConfig.defaults().with(ProcessSettings.LOGFILE, path)))
                .hasMessage("logfile " + path + " cannot be opened: there is no such directory");
    }

    @Test
    void ofSpillwaysFormatTheFileHasItToo() throws Exception {
        Path file = directory.resolve("x.log");
        LogSetup setup = new LogSetup(logs, false);
        setup.open(ProxyConfig.defaults().with(ProcessSettings.LOGFILE, file.toString()));
        say("one");
        LogSetupTest.awaitText(file, "one");
        setup.silence();
        say("two");
        logs.stop();
        assertThat(file).content().matches("\\S+T\\S+ INFO  \\[\\S+] one\n\\S+T\\S+ INFO  \\[\\S+] two\n");
        assertThat(out.toString(StandardCharsets.UTF_8)).matches("\\S+T\\S+ INFO  \\[\\S+] one\n");
    }
}
