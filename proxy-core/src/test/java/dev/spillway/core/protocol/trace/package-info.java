/** Tests of the wire trace. */
@NullMarked
package dev.spillway.core.protocol.trace;

import org.jspecify.annotations.NullMarked;
