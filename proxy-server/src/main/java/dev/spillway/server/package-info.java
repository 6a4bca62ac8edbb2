/**
 * The process: its entry point, the composition root and the order of start and stop.
 *
 * <p>May depend on everything. Read {@code Main} first.
 */
@NullMarked
package dev.spillway.server;

import org.jspecify.annotations.NullMarked;
