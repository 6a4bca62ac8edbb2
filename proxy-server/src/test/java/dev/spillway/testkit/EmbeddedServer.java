package dev.spillway.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * PostgreSQL as a child process. The library's shutdown hook destroys it, together with its data directory.
 *
 * @param directory of its data, and of its Unix socket
 */
record EmbeddedServer(int port, Path directory) {
    private static final Duration RESTART_LIMIT = Duration.ofSeconds(60);

    /** {@code more} settings than every server has, or others. */
    static EmbeddedServer start(Map<String, String> more) {
        return start(more, PostgresFixture.accessRules("127.0.0.1/32"));
    }

    /** The same, with other {@code rules} of who may connect. */
    static EmbeddedServer start(Map<String, String> more, String rules) {
        return start(EmbeddedPostgres.builder(), more, rules);
    }

    /** An older release: 15, 16 or 17. Where its programs are not, the test that asks for it is skipped. */
    static EmbeddedServer start(int release) {
        Path programs = Path.of("target/postgres/postgres-" + release + ".jar");
        if (!Files.exists(programs)) {
            throw ClientProgram.absent("Maven has not fetched " + programs);
        }
        EmbeddedPostgres.Builder builder =
                EmbeddedPostgres.builder().setPgBinaryResolver((system, machine) -> archive(programs));
        return start(builder, Map.of(), PostgresFixture.accessRules("127.0.0.1/32"));
    }

    private static InputStream archive(Path programs) throws IOException {
        try (JarFile jar = new JarFile(programs.toFile())) {
            JarEntry archive = jar.stream()
                    .filter(entry -> entry.getName().endsWith(".txz"))
                    .findAny()
                    .orElseThrow();
            return new ByteArrayInputStream(jar.getInputStream(archive).readAllBytes());
        }
    }

    private static EmbeddedServer start(EmbeddedPostgres.Builder builder, Map<String, String> more, String rules) {
        AtomicReference<Path> data = new AtomicReference<>();
        builder.setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("unix_socket_directories", ".") // the data directory
                .setServerConfig("log_min_messages", "fatal") // errors are what the tests provoke
                .setDataDirectoryCustomizer(directory -> data.set(withAccessRules(directory.toPath(), rules)))
                .setPGStartupWait(Duration.ofSeconds(60));
        PostgresFixture.SETTINGS.forEach(builder::setServerConfig);
        more.forEach(builder::setServerConfig);
        try {
            return new EmbeddedServer(builder.start().getPort(), Objects.requireNonNull(data.get()));
        } catch (IOException e) {
            throw new UncheckedIOException("embedded PostgreSQL did not start", e);
        }
    }

    private static Path withAccessRules(Path directory, String rules) {
        try {
            Files.writeString(directory.resolve("pg_hba.conf"), rules);
            return directory.toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes it a standby, for ever: its primary never comes. */
    void becomeStandby() {
        try {
            Files.createFile(directory.resolve("standby.signal"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        restart(PostgresFixture.Stop.FAST);
    }

    /** Starts with this in the place of that in its command line from the next {@link #restart} on. */
    void replaceOption(String old, String now) {
        try {
            Path options = directory.resolve("postmaster.opts");
            String before = Files.readString(options);
            if (!before.contains(old)) {
                throw new IllegalStateException("no " + old + " in " + before);
            }
            Files.writeString(options, before.replace(old, now));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it has written to its log so far, where it has the setting {@code logging_collector}. */
    String log() {
        StringBuilder text = new StringBuilder();
        try (var files = Files.list(directory.resolve("log"))) {
            for (Path file : files.sorted().toList()) {
                text.append(Files.readString(file));
            }
            return text.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void restart(PostgresFixture.Stop how) {
        try {
            Path program = Path.of(
                    Files.readString(directory.resolve("postmaster.opts")).split(" ", 2)[0]);
            List<String> command =
                    new ArrayList<>(LinuxUtils.isUnshareAvailable() ? List.of("unshare", "-U") : List.of());
            command.add(program.resolveSibling("pg_ctl").toString());
            command.addAll(List.of("restart", "-w", "-D", directory.toString(), "-m"));
            command.add(how == PostgresFixture.Stop.FAST ? "fast" : "immediate");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(RESTART_LIMIT.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException("PostgreSQL was not restarted: " + command);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL was not restarted", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
