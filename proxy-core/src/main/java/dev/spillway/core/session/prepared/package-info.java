/**
 * Statements that clients prepare by protocol, under names of our own: who has which, and which server knows them.
 *
 * <p>May depend on {@code core.session.state}, {@code core.protocol}, {@code core.error}, {@code core.config}, {@code core.time} and netty-buffer. {@link
 * dev.spillway.core.session.prepared.StatementStore} is shared by all lanes, everything else is confined to one. Read {@link
 * dev.spillway.core.session.prepared.Statement} and {@link dev.spillway.core.session.prepared.Step} first.
 */
@NullMarked
package dev.spillway.core.session.prepared;

import org.jspecify.annotations.NullMarked;
