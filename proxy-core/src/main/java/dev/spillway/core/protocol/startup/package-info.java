/**
 * What may come before authentication: startup packets and their options.
 *
 * <p>May depend on {@code core.protocol}, netty-buffer and the JDK. Everything here is stateless and usable from any
 * thread.
 */
@NullMarked
package dev.spillway.core.protocol.startup;

import org.jspecify.annotations.NullMarked;
