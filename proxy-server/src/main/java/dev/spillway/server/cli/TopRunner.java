package dev.spillway.server.cli;

import java.io.PrintWriter;
import java.time.Duration;

/** What shows a running Spillway: implemented by the composition root, called once, on the main thread. */
@FunctionalInterface
public interface TopRunner {
    /**
     * What is wanted.
     *
     * @param host of the admin port
     * @param port the admin port
     * @param interval between two looks at it
     * @param isOnce whether to print once, without anything that needs a terminal
     */
    record Wish(String host, int port, Duration interval, boolean isOnce) {}

    /** Returns when it has ended, with the exit code of the process. */
    int run(Wish wish, PrintWriter out, PrintWriter err);
}
