/**
 * What keeps the process presentable to those who operate it: its log, its start and its stop.
 *
 * <p>May depend on {@code server.lane}, {@code server.configfile} and Logback. Threads are named where they matter.
 * Read {@link dev.spillway.server.ops.CountingAsyncAppender} and {@code DefaultLog} first.
 */
@NullMarked
package dev.spillway.server.ops;

import org.jspecify.annotations.NullMarked;
