/**
 * Session state that follows a client from server to server: what it is, what gives reason to ask about it, and the question.
 *
 * <p>May depend on {@code core.protocol}, {@code core.error} and {@code core.config}. Values are immutable. Read {@link
 * dev.spillway.core.session.state.Snapshot} first.
 */
@NullMarked
package dev.spillway.core.session.state;

import org.jspecify.annotations.NullMarked;
