package dev.spillway.server.rehearsal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A proxy that is a process of its own, so that what it learns is of nothing else. Confined to one thread. */
public final class RehearsedProcess implements Rehearsal.Stage {
    private static final Duration START = Duration.ofMinutes(5); // an emulated processor is slow
    /** With the time that it takes to write down what has been learned. */
    private static final Duration END = Duration.ofMinutes(2);

    private static final int CONNECT_MILLIS = 1000;
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Process process;
    /** What it says: its log, and why it does not start. */
    private final Path said;

    private RehearsedProcess(Process process, Path said) {
        this.process = process;
        this.said = said;
    }

    /**
     * Starts it; {@link #awaitPort} comes next.
     *
     * @param command the program and its arguments
     * @param environment its settings, in place of any that this process has
     * @throws IOException if it cannot be started
     */
    public static RehearsedProcess start(List<String> command, Map<String, String> environment) throws IOException {
        Path said = Files.createTempFile("rehearsal", ".log");
        said.toFile().deleteOnExit();
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().keySet().removeIf(RehearsedProcess::isSetting);
        builder.environment().putAll(environment);
        return new RehearsedProcess(builder.start(), said);
    }

    private static boolean isSetting(String name) {
        return name.startsWith("SPILLWAY_") || name.startsWith("DB_") || name.equals("DATABASE_URL");
    }

    /**
     * Returns when {@code port} of the loopback interface is open.
     *
     * @throws IOException if it has ended, with what it said, or has not opened the port after minutes and was ended
     */
    public void awaitPort(int port) throws IOException {
        long endNanos = System.nanoTime() + START.toNanos();
        while (!isOpen(port)) {
            if (isOver(PAUSE)) {
                throw ended();
            } else if (System.nanoTime() - endNanos > 0) {
                kill();
                throw new IOException("the proxy has not opened its port after " + START.toSeconds() + " s");
            }
        }
    }

    private IOException ended() throws IOException {
        String words = Files.readString(said).strip();
        return new IOException("the proxy ended with exit code " + process.exitValue() + " and said: " + words);
    }

    private static boolean isOpen(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false; // it is tried again
        }
    }

    private boolean isOver(Duration patience) throws IOException {
        try {
            return process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** It learns no more. */
    public void kill() {
        process.destroyForcibly();
    }

    /** By SIGTERM, as a proxy usually ends. */
    @Override
    public void close() throws IOException {
        process.destroy();
        if (!isOver(END)) {
            kill();
            throw new IOException("the proxy has not ended after " + END.toSeconds() + " s");
        } else if (process.exitValue() != 0) {
            throw ended();
        }
        Files.delete(said);
    }
}
