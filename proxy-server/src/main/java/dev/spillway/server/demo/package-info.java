/**
 * {@code spillway demo}: a PostgreSQL in a box, clients that it refuses, and the same clients through a proxy.
 *
 * <p>May depend on {@code core.config}, the embedded PostgreSQL and HdrHistogram; the proxy is handed in. Blocks; its
 * clients are virtual threads. Read {@code Demo} and {@code Crowd} first.
 */
@NullMarked
package dev.spillway.server.demo;

import org.jspecify.annotations.NullMarked;
