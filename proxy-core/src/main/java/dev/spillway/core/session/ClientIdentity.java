package dev.spillway.core.session;

import dev.spillway.core.pool.OwnLogin;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.state.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * Who a client is, fixed at login.
 *
 * @param snapshot the settings it started with, in force in each of its transactions
 * @param own how its own server logs in, for a replication client; null for all others
 * @param connectedAtMillis wall clock, for people
 */
public record ClientIdentity(
        String database,
        String user,
        CancelKey key,
        Snapshot snapshot,
        @Nullable OwnLogin own,
        String applicationName,
        long connectedAtMillis) {
    LogSubject describe(Wire wire) {
        return LogSubject.client(wire, database, user, connectedAtMillis);
    }
}
