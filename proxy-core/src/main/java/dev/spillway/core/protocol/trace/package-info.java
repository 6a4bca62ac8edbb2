/**
 * Wire messages as text, in the form of libpq's {@code PQtrace}: what golden transcripts, test reports and debug logs show.
 *
 * <p>May depend on netty-buffer alone. Stateless; usable from any thread. Never on the path of a byte: every call allocates.
 * Read {@link dev.spillway.core.protocol.trace.WireTrace} first, then {@code TraceLine}.
 */
@NullMarked
package dev.spillway.core.protocol.trace;

import org.jspecify.annotations.NullMarked;
