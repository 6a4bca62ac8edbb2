/**
 * Configuration as the rest of the program sees it: immutable values, validated before anyone reads them.
 *
 * <p>May depend on the JDK alone. Values are immutable and usable from any thread. Read {@link
 * dev.spillway.core.config.Secret} first.
 */
@NullMarked
package dev.spillway.core.config;

import org.jspecify.annotations.NullMarked;
