/**
 * The console: SHOW commands over the PostgreSQL protocol.
 *
 * <p>May depend on {@code core}. A console session is confined to the lane it came in on. Read {@link
 * dev.spillway.server.admin.ConsoleSession} first.
 */
@NullMarked
package dev.spillway.server.admin;

import org.jspecify.annotations.NullMarked;
