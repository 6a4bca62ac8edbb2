/**
 * What the admin port says by HTTP: health, status, metrics, the dashboard. It changes nothing.
 *
 * <p>May depend on {@code core}. A connection is confined to its event loop; pages are made on a thread of their own, from
 * figures that each lane has read itself. Nothing here is loaded before the first request. Read {@link
 * dev.spillway.server.http.HttpEntrance} and {@link dev.spillway.server.http.Pages} first.
 */
@NullMarked
package dev.spillway.server.http;

import org.jspecify.annotations.NullMarked;
