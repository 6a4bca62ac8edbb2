package dev.spillway.core.auth;

import dev.spillway.core.config.LdapOptions;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code auth_hba_file}. Immutable.
 *
 * @param line its number, counted from 1
 * @param addresses null: all
 * @param map null: names have to be the same
 * @param ldap which directory is asked; null: none
 */
public record AccessRule(
        int line,
        Type type,
        AccessNames databases,
        AccessNames users,
        @Nullable AddressRange addresses,
        AccessMethod method,
        @Nullable IdentMap map,
        @Nullable LdapOptions ldap) {
    /** What kind of connections it is about. */
    enum Type {
        LOCAL("local"),
        HOST("host"),
        HOSTSSL("hostssl"),
        HOSTNOSSL("hostnossl");

        private final String spelling;

        Type(String spelling) {
            this.spelling = spelling;
        }

        static @Nullable Type parse(String spelling) {
            for (Type type : values()) {
                if (type.spelling.equals(spelling)) {
                    return type;
                }
            }
            return null;
        }
    }

    boolean isFor(AccessRequest request) {
        return isForConnection(request) && isForDatabase(request) && users.haveUser(request.user());
    }

    private boolean isForConnection(AccessRequest request) {
        InetAddress address = request.address();
        if (address == null || type == Type.LOCAL) {
            return address == null && type == Type.LOCAL;
        }
        boolean isOfType = switch (type) {
            case HOST, LOCAL -> true;
            case HOSTSSL -> request.isSecure();
            case HOSTNOSSL -> !request.isSecure();
        };
        return isOfType && (addresses == null || addresses.has(address));
    }

    private boolean isForDatabase(AccessRequest request) {
        return request.isPhysicalReplication()
                ? databases.isReplication()
                : databases.haveDatabase(request.database(), request.user());
    }
}
