package dev.spillway.server.cli;

import java.io.IOException;
import java.util.List;

/** What runs the rehearsal: implemented by the composition root, called once, on the main thread. */
@FunctionalInterface
public interface RehearsalRunner {
    /**
     * Returns when it is over, with the exit code of the process.
     *
     * @param command what starts the proxy
     * @throws IOException if the proxy did not start, or did not do what it is for
     */
    int run(List<String> command) throws IOException;
}
