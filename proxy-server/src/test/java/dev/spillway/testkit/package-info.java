/**
 * What proves the proxy: a real PostgreSQL, a raw-protocol client, a relay that does harm on purpose, an oracle that notices any
 * reply that went astray, and random programs compared message for message with a direct connection.
 *
 * <p>Nothing here uses the code under test except {@code WireTrace}, which only renders. All of it blocks; run it on the test's own
 * or on virtual threads. Every random choice comes from a seed that the failure names. Read {@link
 * dev.spillway.testkit.IsolationOracle} and {@link dev.spillway.testkit.DirectComparison} first.
 */
@NullMarked
package dev.spillway.testkit;

import org.jspecify.annotations.NullMarked;
