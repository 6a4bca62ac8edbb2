/**
 * From files and environment to {@link dev.spillway.core.config.ProxyConfig}: reads TOML, PgBouncer's format, the {@code
 * SPILLWAY_} variables, {@code DATABASE_URL} and its companions into layers.
 *
 * <p>May depend on {@code core.config}. Runs once per load or reload, on the caller's thread, and blocks on the file. Read {@code
 * ConfigLoader} and {@code PgBouncerFile} first.
 */
@NullMarked
package dev.spillway.server.configfile;

import org.jspecify.annotations.NullMarked;
