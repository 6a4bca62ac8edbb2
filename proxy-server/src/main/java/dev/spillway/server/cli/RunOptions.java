package dev.spillway.server.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says about the process itself.
 *
 * @param isQuiet nothing is logged to the console
 * @param readyFile created when clients can connect, for the launcher, which leaves the process to itself then; null: nobody
 *     waits
 */
public record RunOptions(boolean isQuiet, @Nullable Path readyFile) {}
