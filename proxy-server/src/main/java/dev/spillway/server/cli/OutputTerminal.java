package dev.spillway.server.cli;

import java.io.Console;
import org.jspecify.annotations.Nullable;

/** Where the standard streams of this process lead. Stateless. */
final class OutputTerminal {
    private OutputTerminal() {}

    /** Are they a terminal's, for somebody to look at? */
    // JDK 25 has the console of java.base as the default again (JDK-8351435), which is null without a terminal.
    @SuppressWarnings("SystemConsoleNull")
    static boolean isThere() {
        @Nullable Console console = System.console();
        return console != null && console.isTerminal();
    }
}
