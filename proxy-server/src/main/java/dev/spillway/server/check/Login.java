package dev.spillway.server.check;

import dev.spillway.core.config.Secret;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connection that the check makes. Immutable; it never prints the password.
 *
 * @param password null: none is known, which is enough where the server trusts
 * @param connectQuery what every connection to the database begins with; empty: nothing
 * @param roles about which the server is asked
 * @param lookup how users are looked up on this connection; null: nobody is
 * @param fleet the fleet that is spoken with by it; null: none
 */
record Login(
        Place place,
        String dbname,
        String user,
        @Nullable Secret password,
        String connectQuery,
        List<String> roles,
        @Nullable String lookup,
        @Nullable String fleet) {
    /** The same, by which {@code name} is spoken with. */
    Login speakingWith(String name) {
        return new Login(place, dbname, user, password, connectQuery, roles, lookup, name);
    }

    String where() {
        return place.text() + ", database " + dbname + ", user " + user;
    }
}
