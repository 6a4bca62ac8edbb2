/**
 * {@code spillway check}: what the configuration wants, what the real servers say, and what will not go well.
 *
 * <p>May depend on {@code core.config}, {@code core.pool} for the sizes of pools, {@code core.auth} for stored secrets, and the JDK's SQL; the
 * driver is known by its URL alone. One thread runs a check from beginning to end and may block. Read {@code Check} first, then {@code Capacity}.
 */
@NullMarked
package dev.spillway.server.check;

import org.jspecify.annotations.NullMarked;
