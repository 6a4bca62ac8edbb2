/**
 * JSON as text, written member by member.
 *
 * <p>May depend on nothing but the JDK. Without state of its own: who writes keeps it on one thread. Read {@code Json} first.
 */
@NullMarked
package dev.spillway.server.json;

import org.jspecify.annotations.NullMarked;
