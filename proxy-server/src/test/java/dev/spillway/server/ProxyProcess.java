package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A process of its own, which ends with its block. */
final class ProxyProcess implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("listening on (?:.* port |[0-9.]+:)(\\d+)");

    /** So that no signal is ignored because whoever runs the tests ignores it. */
    private static final List<String> HEEDED = List.of("env", "--default-signal=HUP,INT,TERM,USR1,USR2");

    private final Process process;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    ProxyProcess(List<String> prefix, Path config, String... options) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                Main.class.getName(),
                "run",
                "-c",
                config.toString()));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("SPILLWAY_") || name.startsWith("DB_"));
        builder.environment().remove("DATABASE_URL");
        process = builder.redirectErrorStream(true).start();
        Thread.ofVirtual().start(this::read);
    }

    /** Without what is only for tests, such as another log. */
    private static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** As if started by hand. */
    static ProxyProcess byHand(Path config, String... options) throws Exception {
        return new ProxyProcess(isAble(HEEDED) ? HEEDED : List.of(), config, options);
    }

    /** Not every system's env knows the option; without it the signals are as they were inherited. */
    private static boolean isAble(List<String> prefix) throws Exception {
        List<String> command = new ArrayList<>(prefix);
        command.add("true");
        return new ProcessBuilder(command).start().waitFor() == 0;
    }

    private void read() {
        try (BufferedReader out = process.inputReader()) {
            out.lines().forEach(lines::add);
        } catch (IOException e) {
            lines.add(e.toString());
        }
    }

    List<String> lines() {
        return lines;
    }

    long pid() {
        return process.pid();
    }

    boolean said(String text) {
        return lines.stream().anyMatch(line -> line.contains(text));
    }

    int port() {
        await().atMost(30, TimeUnit.SECONDS)
                .failFast("it has ended", () -> !process.isAlive())
                .until(() -> said("listening on"));
        return lines.stream()
                .map(LISTENING::matcher)
                .filter(Matcher::find)
                .mapToInt(match -> Integer.parseInt(match.group(1)))
                .findFirst()
                .orElseThrow();
    }

    void signal(String name) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    int exitCode() throws InterruptedException {
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("has ended").isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
