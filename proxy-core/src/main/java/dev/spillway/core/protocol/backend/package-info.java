/**
 * Messages a backend sends: their types, and readers and writers for those Spillway looks into or sends itself.
 *
 * <p>May depend on {@code core.protocol}, netty-buffer and the JDK. Everything here is stateless and usable from any
 * thread.
 */
@NullMarked
package dev.spillway.core.protocol.backend;

import org.jspecify.annotations.NullMarked;
