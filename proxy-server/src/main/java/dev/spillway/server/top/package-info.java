/**
 * {@code spillway top}: what the admin port's {@code /status} says, as a picture of text that is drawn anew each second.
 *
 * <p>May depend on nothing of the proxy: it is another process, and knows of the proxy what {@code docs/status.md} promises. The main
 * thread draws and reads keys, another asks. What is shown comes from {@link dev.spillway.server.top.Moments}, how from
 * {@link dev.spillway.server.top.Frame}: read these first.
 */
@NullMarked
package dev.spillway.server.top;

import org.jspecify.annotations.NullMarked;
