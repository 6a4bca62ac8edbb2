/**
 * Sockets: which of the system's interfaces serves them, and the options every connection starts with.
 *
 * <p>May depend on {@code core.session} and what that reaches, above all {@code core.config}. Used while starting, on
 * the caller's thread. Read {@link dev.spillway.server.transport.NettyTransport} and {@link
 * dev.spillway.core.config.Transport} first.
 */
@NullMarked
package dev.spillway.server.transport;

import org.jspecify.annotations.NullMarked;
