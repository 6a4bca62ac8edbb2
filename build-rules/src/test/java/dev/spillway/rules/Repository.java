package dev.spillway.rules;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files of the repository this build runs in. */
final class Repository {
    static final Path ROOT = findRoot(Path.of("").toAbsolutePath());

    private Repository() {}

    /** Every file that is tracked or would be, relative to the root: what git does not ignore. */
    static List<Path> files() {
        return gitFiles().lines().map(Path::of).filter(Repository::exists).toList();
    }

    static List<Path> javaFiles() {
        return files().stream()
                .filter(file -> file.toString().endsWith(".java"))
                .toList();
    }

    static List<Path> mainJavaFiles() {
        return javaFiles().stream().filter(Repository::isMain).toList();
    }

    /** Directories of compiled main code, one per module that has any. */
    static List<Path> mainClasses() {
        try (Stream<Path> modules = Files.list(ROOT)) {
            return modules.filter(module -> Files.isDirectory(module.resolve("src/main/java")))
                    .map(module -> module.resolve("target/classes"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean isMain(Path file) {
        return slashed(file).contains("src/main/java/");
    }

    static String slashed(Path file) {
        return file.toString().replace('\\', '/');
    }

    static String read(Path file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static boolean exists(Path file) {
        return Files.isRegularFile(ROOT.resolve(file));
    }

    private static Path findRoot(Path start) {
        for (Path directory = start; directory != null; directory = directory.getParent()) {
            if (Files.isDirectory(directory.resolve("proxy-core"))) {
                return directory;
            }
        }
        throw new IllegalStateException("not inside the repository: " + start);
    }

    private static String gitFiles() {
        ProcessBuilder git = new ProcessBuilder(
                "git", "-c", "core.quotePath=false", "ls-files", "--cached", "--others", "--exclude-standard");
        git.directory(ROOT.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT);
        try {
            Process process = git.start();
            String names = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException("the rules are about the files of a git clone; git ls-files failed");
            }
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException("the rules need git", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while git listed its files", e);
        }
    }
}
