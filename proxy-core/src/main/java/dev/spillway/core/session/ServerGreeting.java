package dev.spillway.core.session;

import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.state.Snapshot;
import java.util.Map;

/**
 * What is known of a server when its login is complete. Immutable.
 *
 * @param parameters what it has reported
 * @param base the settings that its connect_query has made
 * @param atMillis when the login was complete, by the wall clock
 */
record ServerGreeting(CancelKey key, Map<String, String> parameters, Snapshot base, long atMillis) {}
