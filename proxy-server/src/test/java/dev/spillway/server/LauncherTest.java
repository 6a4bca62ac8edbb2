package dev.spillway.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script `spillway`, in a tree of its own with a Maven and a JVM that only say how they were called. */
class LauncherTest {
    private static final String BUILDS = """
        #!/bin/sh
        echo build >>"$ROOT/builds"
        mkdir -p "$ROOT/proxy-server/target/lib" "$ROOT/proxy-server/target/demo-lib"
        : >"$ROOT/proxy-server/target/proxy-server-1.jar"
        : >"$ROOT/proxy-server/target/lib/a.jar"
        """;
    private static final String SAYS = """
        #!/bin/sh
        case "$*" in *rehearse*) exit 0 ;; esac
        for word; do echo "<$word>"; done
        """;

    @TempDir
    private Path root = Path.of("");

    private record Outcome(int code, String out, String err) {}

    @BeforeEach
    void layOut() throws IOException {
        Files.copy(Path.of("../spillway"), root.resolve("spillway"));
        executable(root.resolve("spillway"), Files.readString(root.resolve("spillway")));
        Files.createFile(root.resolve("pom.xml"));
        for (String module : List.of("proxy-core", "proxy-server")) {
            Files.createDirectories(root.resolve(module).resolve("src/main"));
            Files.createFile(root.resolve(module).resolve("pom.xml"));
        }
        jdk("25.0.1");
        java(SAYS);
        executable(root.resolve("bin/mvn"), BUILDS);
    }

    private void jdk(String version) throws IOException {
        Files.createDirectories(root.resolve("jdk/bin"));
        Files.writeString(root.resolve("jdk/release"), "JAVA_VERSION=\"" + version + "\"\n");
    }

    private void java(String script) throws IOException {
        executable(root.resolve("jdk/bin/java"), script);
    }

    private static void executable(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Outcome launch(String... arguments) throws Exception {
        return launch(Map.of("SPILLWAY_JAVA_HOME", root.resolve("jdk").toString()), arguments);
    }

    private Outcome launch(Map<String, String> more, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(root.resolve("spillway").toString()));
        command.addAll(List.of(arguments));
        Path out = root.resolve("out");
        Path err = root.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("SPILLWAY_") || name.startsWith("JAVA"));
        builder.environment().put("ROOT", root.toString());
        builder.environment().put("PATH", root.resolve("bin") + ":/usr/bin:/bin");
        builder.environment().putAll(more);
        Process process = builder.start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("has ended").isTrue();
        return new Outcome(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    }

    @Test
    void buildsOnceAndAgainOnlyWhenASourceIsNewer() throws Exception {
        assertThat(launch("--version").err()).contains("building (once").contains("built in");
        assertThat(launch("--version").err()).isEmpty();
        assertThat(Files.readAllLines(root.resolve("builds"))).hasSize(1);

        Files.setLastModifiedTime(
                Files.createFile(root.resolve("proxy-core/src/main/New.java")),
                java.nio.file.attribute.FileTime.fromMillis(System.currentTimeMillis() + 60_000));
        launch("--version");
        assertThat(Files.readAllLines(root.resolve("builds"))).hasSize(2);
    }

    @Test
    void passesArgumentsOnAsTheyAreAndFlagsBeforeThem() throws Exception {
        Outcome outcome = launch(
                Map.of("SPILLWAY_JAVA_HOME", root.resolve("jdk").toString(), "SPILLWAY_JAVA_OPTS", "-Xmx64m -Da=*"),
                "run",
                "my file.ini",
                "--set",
                "a=b c");
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out().lines())
                .containsSequence("<-Xmx64m>", "<-Da=*>", "<-cp>")
                .endsWith("<dev.spillway.server.Main>", "<run>", "<my file.ini>", "<--set>", "<a=b c>");
        assertThat(outcome.out()).contains("proxy-server-1.jar:").contains("/lib/a.jar>");
    }

    @Test
    void hasTheExitCodeOfWhatItStarts() throws Exception {
        java("#!/bin/sh\ncase \"$*\" in *rehearse*) exit 0 ;; esac\nexit 7\n");
        assertThat(launch("run").code()).isEqualTo(7);
    }

    @Test
    void saysInASentenceThatThereIsNoJdkOrNoMaven() throws Exception {
        jdk("21.0.2");
        Outcome old = launch("run");
        assertThat(old.code()).isEqualTo(1);
        assertThat(old.err()).isEqualTo("spillway: SPILLWAY_JAVA_HOME=" + root.resolve("jdk") + " is no JDK 25.\n");
        assertThat(root.resolve("builds")).doesNotExist();

        jdk("25");
        executable(root.resolve("bin/mvn"), "#!/bin/sh\nexit 1\n");
        Outcome failed = launch("run");
        assertThat(failed.code()).isEqualTo(1);
        assertThat(failed.err()).endsWith("spillway: the build failed, see above.\n");
        assertThat(failed.out()).isEmpty();
    }

    @Test
    void saysSoWhereItMayNotBuild() throws Exception {
        Files.createFile(root.resolve("target")); // so that there can be no directory
        Outcome outcome = launch("run");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err())
                .startsWith("spillway: has to build itself in " + root + " first, where ")
                .endsWith(" may not write: let somebody who may run './spillway --version' once.\n");
        assertThat(root.resolve("builds")).doesNotExist();
    }

    @Test
    void waitsInTheForegroundUntilTheBackgroundIsReady() throws Exception {
        java("""
            #!/bin/sh
            case "$*" in *rehearse*) exit 0 ;; esac
            echo "starting" >&2
            sleep 0.3
            : >"$SPILLWAY_READY_FILE"
            echo "$$" >"$ROOT/pid"
            exec sleep 60
            """);
        Outcome outcome = launch("run", "-qd", "x.ini");
        assertThat(outcome.code()).isZero();
        assertThat(outcome.err()).endsWith("starting\n");
        org.awaitility.Awaitility.await().until(() -> Files.exists(root.resolve("pid")));
        ProcessHandle left = ProcessHandle.of(
                        Long.parseLong(Files.readString(root.resolve("pid")).strip()))
                .orElseThrow();
        assertThat(left.isAlive()).isTrue();
        left.destroyForcibly();
    }

    @Test
    void aBackgroundThatFailsIsHeardAndItsExitCodePassedOn() throws Exception {
        java("#!/bin/sh\ncase \"$*\" in *rehearse*) exit 0 ;; esac\necho the port is taken >&2\nexit 3\n");
        Outcome outcome = launch("run", "--daemon", "x.ini");
        assertThat(outcome.code()).isEqualTo(3);
        assertThat(outcome.err()).endsWith("the port is taken\n");
    }

    /** It needs root, as the tests in a container are. */
    @Test
    void rootBecomesTheUserThatItsArgumentsOrTheFileName() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue("root".equals(System.getProperty("user.name")));
        java("#!/bin/sh\ncase \"$*\" in *rehearse*) exit 0 ;; esac\nid -un\n");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path ini = Files.writeString(root.resolve("pgbouncer.ini"), """
            [databases]
            x = host=h user=games
            [pgbouncer]
            user = nobody
            [users]
            user = pool_size=1
            """);
        assertThat(launch("run", ini.toString()).out()).isEqualTo("nobody\n");
        assertThat(launch("run", "-udaemon", ini.toString()).out()).isEqualTo("daemon\n");
        assertThat(launch("run", "--user", "games").out()).isEqualTo("games\n");
        assertThat(launch("run", "--set", "user=x").out()).isEqualTo("root\n");

        Outcome unknown = launch("run", "-u", "no-such-user");
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.err()).isEqualTo("spillway: could not find user 'no-such-user' to switch to.\n");
    }
}
