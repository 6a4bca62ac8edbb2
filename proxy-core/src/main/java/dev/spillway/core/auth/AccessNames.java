package dev.spillway.core.auth;

import java.util.Set;

/**
 * Whose names, of databases or of users, a line of {@code auth_hba_file} is about. Immutable.
 *
 * @param names those that are written out
 * @param isAll {@code all}: every name, but none that replicates a whole cluster
 * @param isSameUser {@code sameuser}: a database with the user's name
 * @param isReplication {@code replication}: whoever replicates a whole cluster
 */
record AccessNames(Set<String> names, boolean isAll, boolean isSameUser, boolean isReplication) {
    AccessNames {
        names = Set.copyOf(names);
    }

    /** Is {@code user} among them? */
    boolean haveUser(String user) {
        return isAll || names.contains(user);
    }

    /** Is {@code database} among them, which {@code user} wants? */
    boolean haveDatabase(String database, String user) {
        return isAll || (isSameUser && database.equals(user)) || names.contains(database);
    }
}
