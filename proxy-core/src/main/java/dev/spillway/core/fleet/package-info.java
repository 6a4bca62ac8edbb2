/**
 * How instances that use one PostgreSQL share its connections: what they tell each other, by way of PostgreSQL itself, and how many each
 * may have.
 *
 * <p>Depends on {@code core.time}. Nothing here does I/O or reads a clock. Start with {@link dev.spillway.core.fleet.Fleet}.
 */
@NullMarked
package dev.spillway.core.fleet;

import org.jspecify.annotations.NullMarked;
