package dev.spillway.server.cli;

import java.io.PrintWriter;

/** What runs the demo: implemented by the composition root, called once, on the main thread. */
@FunctionalInterface
public interface DemoRunner {
    /**
     * Returns when the demo has ended, with the exit code of the process.
     *
     * @param isTerminal whether {@code out} understands a carriage return
     * @param stays whether to stay up after the summary, until a signal
     */
    int run(PrintWriter out, PrintWriter err, boolean isTerminal, boolean stays);
}
