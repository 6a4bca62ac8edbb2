/**
 * What operators are shown: tables in PgBouncer's columns, made from pools and sessions.
 *
 * <p>May depend on {@code core.pool}, {@code core.session} and what those may. Runs on the lane whose state it reads. Read
 * {@link dev.spillway.core.stats.ShowTables} first.
 */
@NullMarked
package dev.spillway.core.stats;

import org.jspecify.annotations.NullMarked;
