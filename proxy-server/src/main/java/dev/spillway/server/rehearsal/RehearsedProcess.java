package dev.spillway.server.rehearsal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A proxy that is a process of its own, so that what it learns is of nothing else. Confined to one thread. */
public final class RehearsedProcess implements Rehearsal.Stage {
    private static final Duration START = Duration.ofSeconds(30);
    /** With the time that it takes to write down what has been learned. */
    private static final Duration END = Duration.ofMinutes(2);

    private static final int CONNECT_MILLIS = 1000;
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Process process;

    private RehearsedProcess(Process process) {
        this.process = process;
    }

    /**
     * Returns when {@code port} of the loopback interface is open. Its errors go where this one's do, its log nowhere.
     *
     * @param command the program and its arguments
     * @param environment the whole of it
     * @throws IOException if the process cannot be started, or has ended, or has not opened the port after half a minute
     */
    public static RehearsedProcess start(List<String> command, Map<String, String> environment, int port)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().clear(); // which may have settings of the proxy that is to be started
        builder.environment().putAll(environment);
        RehearsedProcess started = new RehearsedProcess(builder.start());
        try {
            started.awaitPort(port);
        } catch (IOException e) {
            started.process.destroyForcibly();
            throw e;
        }
        return started;
    }

    private void awaitPort(int port) throws IOException {
        long endNanos = System.nanoTime() + START.toNanos();
        while (!isOpen(port)) {
            if (isOver(PAUSE)) {
                throw new IOException("the proxy ended with exit code " + process.exitValue());
            } else if (System.nanoTime() - endNanos > 0) {
                throw new IOException("the proxy has not opened its port after " + START.toSeconds() + " s");
            }
        }
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

    public boolean isAlive() {
        return process.isAlive();
    }

    /** By SIGTERM, as a proxy usually ends. */
    @Override
    public void close() throws IOException {
        process.destroy();
        if (!isOver(END)) {
            process.destroyForcibly();
            throw new IOException("the proxy has not ended after " + END.toSeconds() + " s");
        }
    }
}
