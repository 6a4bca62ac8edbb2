/**
 * Which client gets which server connection, and when one is opened or closed.
 *
 * <p>May depend on {@code core.time}, {@code core.config} and {@code core.error}; knows neither messages nor sessions.
 * Confined to the event loop of its lane. Read {@link dev.spillway.core.pool.Pool} first.
 */
@NullMarked
package dev.spillway.core.pool;

import org.jspecify.annotations.NullMarked;
