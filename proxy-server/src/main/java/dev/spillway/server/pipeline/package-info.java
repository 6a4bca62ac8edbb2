/**
 * Between Netty's channels and the sessions of the core: one handler that turns channel events into the verbs of a
 * phase, and the verbs of a wire into channel operations.
 *
 * <p>May depend on {@code core.session} and {@code server.transport}. Everything runs on the event loop of its channel.
 * Read {@link dev.spillway.server.pipeline.ConnectionHandler} and {@link dev.spillway.core.session.Wire} first.
 */
@NullMarked
package dev.spillway.server.pipeline;

import org.jspecify.annotations.NullMarked;
