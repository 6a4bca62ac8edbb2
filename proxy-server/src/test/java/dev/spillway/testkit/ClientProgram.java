package dev.spillway.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A program of this machine, run as a child process with a time limit.
 *
 * <p>One that is not installed skips the test that asks for it; with {@code CI_REQUIRE_CLIENTS=true} in the environment it
 * fails it.
 */
public final class ClientProgram {
    private static final boolean REQUIRED = "true".equals(System.getenv("CI_REQUIRE_CLIENTS"));
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final String path;
    private final Path directory;

    private ClientProgram(String path, Path directory) {
        this.path = path;
        this.directory = directory;
    }

    /** What a program printed, and its exit code. */
    public record Outcome(int exitCode, String out, String err) {
        /** Fails unless it ended well and printed to stderr nothing. */
        public Outcome assertQuiet() {
            assertThat(err).as("stderr").isEmpty();
            return assertSuccess();
        }

        public Outcome assertSuccess() {
            assertThat(exitCode).as("exit code; it said %s%s", out, err).isZero();
            return this;
        }
    }

    /**
     * The first of {@code candidates} (names in PATH or in PostgreSQL's own directories) that runs with {@code probe} as
     * its arguments; it will run in {@code directory}.
     */
    public static ClientProgram find(String what, Path directory, List<String> candidates, String... probe) {
        for (String candidate : candidates) {
            for (String path : places(candidate)) {
                ClientProgram program = new ClientProgram(path, directory);
                if (program.run(probe).exitCode() == 0) {
                    return program;
                }
            }
        }
        throw absent(what + " is not installed, so it was not tried on the proxy");
    }

    /** Skips the test, or fails it where clients are required. Never returns. */
    public static RuntimeException absent(String sentence) {
        if (REQUIRED) {
            throw new AssertionError(sentence + "; CI_REQUIRE_CLIENTS demands it");
        }
        return Assumptions.abort(sentence);
    }

    private static List<String> places(String name) {
        List<Path> directories = new ArrayList<>();
        for (String entry : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            directories.add(Path.of(entry));
        }
        directories.add(Path.of("/usr/bin"));
        Path versions = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(versions)) {
            try (Stream<Path> found = Files.list(versions)) {
                found.map(version -> version.resolve("bin")).forEach(directories::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return directories.stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .distinct()
                .toList();
    }

    public Outcome run(String... arguments) {
        return run(Map.of(), arguments);
    }

    /** Runs it to its end; fails, and kills it, when that takes too long. */
    public Outcome run(Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(List.of(path));
        command.addAll(List.of(arguments));
        try {
            Path out = Files.createTempFile("client", ".out");
            Path err = Files.createTempFile("client", ".err");
            try {
                ProcessBuilder builder = new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
                builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
                builder.environment().put("LC_ALL", "C");
                builder.environment().putAll(environment);
                int exitCode = await(builder.start(), command);
                return new Outcome(exitCode, Files.readString(out), Files.readString(err));
            } finally {
                Files.deleteIfExists(out);
                Files.deleteIfExists(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int await(Process process, List<String> command) {
        try {
            assertThat(process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS))
                    .as("%s ended within %s", command, LIMIT)
                    .isTrue();
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
