package dev.spillway.core.stats;

import dev.spillway.core.session.ClientIdentity;

/**
 * A client, where only its being there counts. Immutable.
 *
 * @param id of its connection
 */
public record ClientName(int id, String database, String user) {
    static ClientName of(int id, ClientIdentity identity) {
        return new ClientName(id, identity.database(), identity.user());
    }
}
