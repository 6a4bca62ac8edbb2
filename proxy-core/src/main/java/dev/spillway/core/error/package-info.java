/**
 * The errors Spillway raises on its own account, one row each.
 *
 * <p>May depend on {@code core.protocol}. Immutable, usable from any thread. Read {@link
 * dev.spillway.core.error.ProxyError} first.
 */
@NullMarked
package dev.spillway.core.error;

import org.jspecify.annotations.NullMarked;
