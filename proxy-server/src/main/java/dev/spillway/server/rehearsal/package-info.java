/**
 * The rehearsal: a proxy at work between clients and a PostgreSQL that are both made up, for a few seconds and in one
 * process. It is how the JVM learns, when Spillway is built, what to load and what to compile first ({@code
 * -XX:AOTCacheOutput}), so that a proxy that starts is at its speed sooner. Nothing else uses it.
 *
 * <p>Depends on the configuration and on the messages of the protocol. Blocking code on threads of its own.
 *
 * <p>Read {@link dev.spillway.server.rehearsal.Rehearsal} first, then {@code Script}.
 */
@NullMarked
package dev.spillway.server.rehearsal;

import org.jspecify.annotations.NullMarked;
