/**
 * The command line: Picocli commands, which turn arguments into a configuration and hand it to the composition root.
 *
 * <p>May depend on {@code core.config} and {@code server.configfile}. Runs on the main thread and may block and print.
 * Read
 * {@code SpillwayCommand} and {@code RunCommand} first.
 */
@NullMarked
package dev.spillway.server.cli;

import org.jspecify.annotations.NullMarked;
