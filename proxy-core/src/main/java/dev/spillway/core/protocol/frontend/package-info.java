/**
 * Messages a frontend sends: their types, their limits, and writers for those Spillway sends itself.
 *
 * <p>May depend on {@code core.protocol}, netty-buffer and the JDK. Everything here is stateless and usable from any
 * thread.
 */
@NullMarked
package dev.spillway.core.protocol.frontend;

import org.jspecify.annotations.NullMarked;
