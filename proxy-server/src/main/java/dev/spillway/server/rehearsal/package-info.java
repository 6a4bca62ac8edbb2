/**
 * The rehearsal: a proxy at work, a process of its own, between clients and a PostgreSQL that are both made up, for a few
 * seconds. It is how the JVM learns, when Spillway is built, what to load and what to compile first ({@code
 * -XX:AOTCacheOutput}), so that a proxy that starts is at its speed sooner. What the proxy does not do there is left out:
 * each class that has been learned is memory that every proxy has from its start. Nothing else uses it.
 *
 * <p>Depends on the configuration, the messages of the protocol and its logins. Blocking code on threads of its own.
 *
 * <p>Read {@link dev.spillway.server.rehearsal.Rehearsal} first, then {@code Script}.
 */
@NullMarked
package dev.spillway.server.rehearsal;

import org.jspecify.annotations.NullMarked;
