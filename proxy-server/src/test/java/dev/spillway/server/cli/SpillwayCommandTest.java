package dev.spillway.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.ProxyConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SpillwayCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Map<String, String> environment =
            new HashMap<>(Map.of("DATABASE_URL", "postgres://app:hush@db/shop"));
    private final List<ProxyConfig> started = new ArrayList<>();
    private final List<ProxyConfig> checked = new ArrayList<>();
    private final List<TopRunner.Wish> wishes = new ArrayList<>();
    private int instances;
    private final List<RunOptions> options = new ArrayList<>();
    private final List<Boolean> demosThatStay = new ArrayList<>();
    private final List<String> rehearsed = new ArrayList<>();

    @Test
    void runHandsTheConfigurationOverAndReturnsTheExitCode() {
        assertThat(execute("run", "--set", "listen_port=5433", "--set", "pool_mode=session"))
                .isEqualTo(42);
        assertThat(started)
                .singleElement()
                .satisfies(config -> assertThat(config.listenPort()).isEqualTo(5433));
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void allProblemsArePrintedAndNothingStarts() {
        environment.put("SPILLWAY_LISTEN_PORT", "x");

        assertThat(execute("run", "--set", "a=1", "-c", "missing.toml")).isEqualTo(2);

        assertThat(started).isEmpty();
        assertThat(err.toString().lines()).hasSize(3);
        assertThat(err.toString()).doesNotContain("\tat ").contains("missing.toml: cannot be read");
    }

    @Test
    void fileOfTheEnvironmentIsUsedUnlessAnotherIsNamed() {
        environment.put("SPILLWAY_CONFIG", "from-environment.toml");

        assertThat(execute("run")).isEqualTo(2);
        assertThat(err.toString()).contains("from-environment.toml: cannot be read");

        assertThat(execute("run", "--config", "named.toml")).isEqualTo(2);
        assertThat(err.toString()).contains("named.toml: cannot be read");
    }

    @Test
    void fileMayBeNamedWithoutAnOptionButNotTwice(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("pgbouncer.ini"), "[pgbouncer]\nmax_client_conn = 7\n");

        assertThat(execute("run", file.toString())).isEqualTo(42);
        assertThat(started)
                .singleElement()
                .satisfies(config -> assertThat(config.maxClientConn()).isEqualTo(7));

        assertThat(execute("run", "-c", "a", "b")).isEqualTo(2);
        assertThat(err.toString()).contains("Two configuration files");
    }

    @Test
    void optionsOfPgbouncerMeanTheSame() {
        assertThat(execute("run", "-q", "-vv", "-R", "-u", "app")).isEqualTo(42);
        assertThat(execute("run", "--verbose", "--user=app", "--reboot", "--quiet"))
                .isEqualTo(42);
        assertThat(started)
                .hasSize(2)
                .allSatisfy(config -> assertThat(config.user()).isEqualTo("app"))
                .extracting(config -> config.log().verbose())
                .containsExactly(2, 1);
        assertThat(options).allMatch(RunOptions::isQuiet);

        assertThat(execute("run", "-V")).isZero();
        assertThat(execute("run", "-h")).isZero();
        assertThat(started).hasSize(2);
    }

    @Test
    void aJvmCannotGoToTheBackgroundWithoutItsLauncherNorWithoutAPidfile() {
        assertThat(execute("run", "-d", "--set", "pidfile=x.pid")).isEqualTo(2);
        assertThat(err.toString()).contains("-d: a JVM cannot go to the background");

        environment.put("SPILLWAY_READY_FILE", "ready");
        assertThat(execute("run", "-d")).isEqualTo(2);
        assertThat(err.toString()).contains("daemon needs pidfile configured");
        assertThat(started).isEmpty();

        assertThat(execute("run", "-d", "--set", "pidfile=x.pid")).isEqualTo(42);
        assertThat(options).containsExactly(new RunOptions(false, Path.of("ready")));
    }

    @Test
    void checkReadsTheSameConfigurationAndPrintsWhatItFinds() {
        assertThat(execute("check", "--set", "listen_port=5433")).isEqualTo(1);
        assertThat(out.toString()).isEqualTo("text\n");
        assertThat(execute("check", "--json", "--instances", "8")).isEqualTo(1);
        assertThat(out.toString()).isEqualTo("text\n{}\n");
        assertThat(instances).isEqualTo(8);
        assertThat(checked)
                .hasSize(2)
                .first()
                .extracting(ProxyConfig::listenPort)
                .isEqualTo(5433);
        assertThat(started).isEmpty();

        assertThat(execute("check", "--set", "default_pool_size=x")).isEqualTo(2);
        assertThat(execute("check", "--instances", "0")).isEqualTo(2);
        assertThat(execute("check", "-c", "a", "b")).isEqualTo(2);
        assertThat(checked).hasSize(2);
    }

    @Test
    void convertPrintsTomlOrWhatIsWrong(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(
                directory.resolve("pgbouncer.ini"), "[databases]\na = host=h user=u password=hush\n[pgbouncer]\n");

        assertThat(execute("convert", file.toString())).isZero();
        assertThat(out.toString()).contains("[databases.a]\nhost = \"h\"\nuser = \"u\"\npassword = \"hush\"\n");

        Files.writeString(file, "[pgbouncer]\na = 1\nb = 1\n");
        assertThat(execute("convert", file.toString())).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(2);
        assertThat(started).isEmpty();
    }

    @Test
    void wrongArgumentsAreExplainedWithoutAStackTrace() {
        for (String[] args : new String[][] {
            {}, {"rnu"}, {"run", "--set", "x"}, {"run", "extra"}, {"run", "extra", "more"}, {"convert"}
        }) {
            assertThat(execute(args)).as(List.of(args).toString()).isEqualTo(2);
        }
        assertThat(err.toString())
                .contains("Missing command")
                .contains("Usage: spillway")
                .doesNotContain("\tat ");
    }

    @Test
    void versionIsTheOneThatWasBuilt() {
        assertThat(execute("--version")).isZero();
        assertThat(out.toString().strip()).matches("Spillway [0-9]+\\.[0-9]+\\.[0-9]+.*");
    }

    @Test
    void helpNamesTheCommandsAndTheirOptions() {
        assertThat(execute("--help")).isZero();
        assertThat(execute("run", "--help")).isZero();
        assertThat(out.toString())
                .contains("run")
                .contains("--config")
                .contains("--set")
                .contains("DATABASE_URL");
    }

    @Test
    void topLooksAtTheUsualAdminPortOrAtAnother() {
        assertThat(execute("top", "--once")).isEqualTo(45);
        for (String address : List.of("db.example", "db.example:7", ":7", "7", "[::1]:7", "10.0.0.1:7")) {
            assertThat(execute("top", "--once", "--interval", "0.5", address)).isEqualTo(45);
        }
        Duration half = Duration.ofMillis(500);
        assertThat(wishes)
                .containsExactly(
                        new TopRunner.Wish("127.0.0.1", 6433, Duration.ofSeconds(1), true),
                        new TopRunner.Wish("db.example", 6433, half, true),
                        new TopRunner.Wish("db.example", 7, half, true),
                        new TopRunner.Wish("127.0.0.1", 7, half, true),
                        new TopRunner.Wish("127.0.0.1", 7, half, true),
                        new TopRunner.Wish("::1", 7, half, true),
                        new TopRunner.Wish("10.0.0.1", 7, half, true));

        for (String[] args : new String[][] {
            {"top", "a:b"}, {"top", "a:0"}, {"top", "a:70000"}, {"top", "http://a"}, {"top", "--interval", "0"}
        }) {
            assertThat(execute(args)).as(List.of(args).toString()).isEqualTo(2);
        }
        assertThat(wishes).hasSize(7);
    }

    @Test
    void demoNeedsNoConfigurationAndStaysUnlessItIsToExit() {
        environment.clear();

        assertThat(execute("demo")).isEqualTo(43);
        assertThat(execute("demo", "--exit")).isEqualTo(43);

        assertThat(demosThatStay).containsExactly(true, false);
    }

    @Test
    void helpOfTheDemoNamesItsOptionAndStartsNothing() {
        assertThat(execute("demo", "--help")).isZero();

        assertThat(out.toString()).contains("Usage: spillway demo").contains("--exit");
        assertThat(demosThatStay).isEmpty();
    }

    @Test
    void rehearsesForTheLauncherAndDoesNotOfferIt() {
        assertThat(execute("rehearse", "--", "java", "-XX:x", "run")).isEqualTo(44);
        assertThat(rehearsed).containsExactly("java", "-XX:x", "run");
        assertThat(execute("--help")).isZero();

        assertThat(out.toString()).contains("demo").doesNotContain("rehearse");
    }

    private int execute(String... args) {
        CommandLine commandLine = SpillwayCommand.commandLine(
                (config, source, runOptions) -> {
                    started.add(config);
                    options.add(runOptions);
                    return 42;
                },
                (config, doubts, count) -> {
                    checked.add(config);
                    instances = count;
                    return new CheckRunner.Result("text\n", "{}", 1);
                },
                (wish, topOut, topErr) -> {
                    wishes.add(wish);
                    return 45;
                },
                (demoOut, demoErr, isTerminal, stays) -> {
                    demosThatStay.add(stays);
                    return 43;
                },
                command -> {
                    rehearsed.addAll(command);
                    return 44;
                },
                environment);
        return commandLine
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }
}
