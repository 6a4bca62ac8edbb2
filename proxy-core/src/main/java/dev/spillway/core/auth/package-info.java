/**
 * Who may come in, and how we log in ourselves: one step machine per authentication method, in both roles.
 *
 * <p>The machines take the bytes of one message and say what to do next. They hold no channel, clock, future or logger,
 * and they never derive a key from a password: that is slow on purpose, so they hand out a {@link
 * dev.spillway.core.auth.KeyDerivation} which the caller runs off the event loop. Whatever a peer sends, a machine
 * answers with a step and never with an exception.
 *
 * <p>May depend on {@code core.protocol}, {@code core.error} and {@code core.config}. A machine belongs to one
 * connection and its lane; everything else here is immutable and usable from any thread. Read {@link
 * dev.spillway.core.auth.ClientAuth} and {@link dev.spillway.core.auth.ServerAuth} first.
 */
@NullMarked
package dev.spillway.core.auth;

import org.jspecify.annotations.NullMarked;
