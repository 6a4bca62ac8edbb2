package dev.spillway.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** node-postgres and the scripts that use it, in the build directory: nothing is installed beside the sources. */
public final class NodePostgres {
    private static final Path SOURCES = Path.of("src/test/node");
    private static final Path DIRECTORY = Path.of("target/node").toAbsolutePath();

    private NodePostgres() {}

    /** Node.js where {@code clients.js} and {@code day.js} are and find what they require; skips the test where it cannot be had. */
    public static ClientProgram find() throws IOException {
        Files.createDirectories(DIRECTORY);
        ClientProgram node = ClientProgram.find("node", DIRECTORY, List.of("node"), "--version");
        install();
        return node;
    }

    /** Not again while the lock file is the same. */
    private static void install() throws IOException {
        Path lock = DIRECTORY.resolve("package-lock.json");
        boolean isDone = Files.exists(DIRECTORY.resolve("node_modules/.package-lock.json"))
                && Files.exists(lock)
                && Files.mismatch(lock, SOURCES.resolve("package-lock.json")) < 0;
        for (String file :
                List.of("package.json", "package-lock.json", ".npmrc", "clients.js", "preparing.js", "day.js")) {
            Files.copy(SOURCES.resolve(file), DIRECTORY.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        if (!isDone) {
            ClientProgram npm = ClientProgram.find("npm", DIRECTORY, List.of("npm"), "--version");
            ClientProgram.Outcome outcome = npm.run("ci", "--no-audit", "--no-fund", "--ignore-scripts");
            if (outcome.exitCode() != 0) {
                throw ClientProgram.absent("npm could not install node-postgres: " + outcome.err());
            }
        }
    }
}
