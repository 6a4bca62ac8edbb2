/**
 * Time as an argument: nothing below this package reads a clock, it is handed {@code nowNanos}.
 *
 * <p>May depend on the JDK alone. Values are immutable and usable from any thread. Read {@link
 * dev.spillway.core.time.Ticker} first.
 */
@NullMarked
package dev.spillway.core.time;

import org.jspecify.annotations.NullMarked;
