/**
 * Client and server sessions as machines without I/O: one class per phase of a connection, joined by a lease, with the
 * {@link dev.spillway.core.session.ReplyQueue} as the only place that decides where a reply goes.
 *
 * <p>May depend on {@code core.protocol}, {@code core.error}, {@code core.config}, {@code core.auth}, {@code
 * core.pool}, {@code core.time} and netty-buffer; the outside is reached through the ports {@link
 * dev.spillway.core.session.Wire} and {@link dev.spillway.core.session.SessionPorts}. All of it is confined to the event
 * loop of its lane. Read {@link dev.spillway.core.session.ClientSession} and {@link
 * dev.spillway.core.session.ServerSession} first.
 */
@NullMarked
package dev.spillway.core.session;

import org.jspecify.annotations.NullMarked;
