/**
 * Who listens to which channel: what the connection that listens for a whole database is asked for, and whom on a lane a
 * notification is for.
 *
 * <p>Depends on the protocol and {@code core.session.state}. Nothing here does I/O or knows a session. Everything is confined to one lane, and no lane sees what
 * another has: what goes from one to the other goes as a task.
 *
 * <p>Start with {@link dev.spillway.core.session.channels.ChannelBook}, then {@link
 * dev.spillway.core.session.channels.Audience}.
 */
@NullMarked
package dev.spillway.core.session.channels;

import org.jspecify.annotations.NullMarked;
