package dev.spillway.server.judge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real libpam, with services of our own. */
class PamJudgeTest {
    private static final String SERVICE = "pgbouncer";
    private static final List<Path> MODULES = List.of(
            Path.of("/lib/x86_64-linux-gnu/security"),
            Path.of("/lib/aarch64-linux-gnu/security"),
            Path.of("/lib64/security"));

    /** A file name has to be whole for PAM, and a directory of ours may not have a blank in its name. */
    @TempDir
    private Path directory = Path.of("");

    @BeforeEach
    void pamIsThere() {
        assumeThat(MODULES).anyMatch(path -> Files.exists(path.resolve("pam_exec.so")));
    }

    private PamJudge judge(String... lines) throws IOException {
        Files.writeString(directory.resolve(SERVICE), String.join("\n", lines) + "\n");
        return new PamJudge(new Pam(), SERVICE, directory.toString());
    }

    /** Knows user, password and host, by what {@code script} does with them. */
    private String program(String script) throws IOException {
        Path file = Files.writeString(directory.resolve("program"), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file.toString();
    }

    private static @Nullable String ask(PamJudge judge, String user, String password) {
        return judge.refusal(user, password.getBytes(UTF_8), "192.0.2.7");
    }

    @Test
    void systemSaysWhoseAPasswordIs() throws IOException {
        PamJudge judge = judge(
                "auth required pam_exec.so expose_authtok quiet "
                        + program(
                                "[ \"$PAM_USER/$(tr -d '\\0')/$PAM_RHOST\" = \"al ice/wonder l\u00e4nd/192.0.2.7\" ]"),
                "account required pam_permit.so");
        assertThat(ask(judge, "al ice", "wonder l\u00e4nd")).isNull();
        assertThat(ask(judge, "al ice", "wonder"))
                .startsWith("pam_authenticate() failed: ")
                .doesNotContain("wonder");
        assertThat(ask(judge, "bob", "wonder l\u00e4nd")).startsWith("pam_authenticate() failed: ");
        assertThat(judge.refusal("al ice", "wonder l\u00e4nd".getBytes(UTF_8), null))
                .as("from a Unix socket")
                .startsWith("pam_authenticate() failed: ");
    }

    @Test
    void accountHasToBeUsable() throws IOException {
        PamJudge judge = judge("auth required pam_permit.so", "account required pam_deny.so");
        assertThat(ask(judge, "alice", "x")).startsWith("pam_acct_mgmt() failed: ");
    }

    @Test
    void serviceThatIsNotThereLetsNobodyIn() throws IOException {
        PamJudge judge = new PamJudge(new Pam(), "nothing", directory.toString());
        assertThat(ask(judge, "alice", "x")).isNotNull();
    }

    @Test
    void moduleThatIsNotThereLetsNobodyIn() throws IOException {
        PamJudge judge = judge("auth required pam_no_such_module.so", "account required pam_permit.so");
        assertThat(ask(judge, "alice", "x")).startsWith("pam_authenticate() failed: ");
    }

    @Test
    void manyAreAskedAtOnce() throws Exception {
        PamJudge judge = judge(
                "auth required pam_exec.so expose_authtok quiet " + program("[ \"$PAM_USER\" = \"$(tr -d '\\0')\" ]"),
                "account required pam_permit.so");
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<@Nullable String>> answers = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                String user = "user" + i;
                String password = i % 2 == 0 ? user : "user" + (i + 1);
                answers.add(threads.submit(() -> ask(judge, user, password)));
            }
            for (int i = 0; i < 64; i++) {
                assertThat(answers.get(i).get() == null).as("user %d", i).isEqualTo(i % 2 == 0);
            }
        }
    }
}
