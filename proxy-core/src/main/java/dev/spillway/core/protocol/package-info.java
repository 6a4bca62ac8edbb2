/**
 * The wire: message types, frames, bounds-checked reading. Nothing here knows a session or a pool.
 *
 * <p>May depend on netty-buffer and the JDK. Stateful classes ({@link dev.spillway.core.protocol.FrameReader}) belong
 * to one connection and are confined to its event loop; the rest is stateless. Read {@link
 * dev.spillway.core.protocol.FrameReader} and {@link dev.spillway.core.protocol.FrameRules} first.
 */
@NullMarked
package dev.spillway.core.protocol;

import org.jspecify.annotations.NullMarked;
