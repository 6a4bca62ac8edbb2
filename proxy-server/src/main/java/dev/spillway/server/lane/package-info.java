/**
 * Lanes: one event loop each, with the clients, server connections and pools that live on it.
 *
 * <p>May depend on {@code core} and on {@code server.transport} and {@code server.pipeline}. Everything in a lane is
 * confined to its event loop. Read {@link dev.spillway.server.lane.Lane} first.
 */
@NullMarked
package dev.spillway.server.lane;

import org.jspecify.annotations.NullMarked;
