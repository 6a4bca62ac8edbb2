package dev.spillway.core.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a directory is, and how it is asked whether a password is a user's: the options of the method {@code ldap}. Immutable.
 *
 * @param text as written; it may have the password of the search in it
 * @param isTlsFromStart whether the connection begins with TLS (ldaps)
 * @param startsTls whether TLS is begun on it, before anything else is asked (StartTLS)
 * @param servers hosts, tried in turn
 * @see <a href="https://www.postgresql.org/docs/current/auth-ldap.html">PostgreSQL's documentation of them</a>
 */
public record LdapOptions(
        Secret text, boolean isTlsFromStart, boolean startsTls, List<String> servers, int port, Bind bind) {
    /** Under which name the directory knows a user. */
    public sealed interface Bind {
        /** What comes of the user's name between the two. */
        record Direct(String prefix, String suffix) implements Bind {}

        /**
         * The name of the one entry that a search finds.
         *
         * @param base where it begins
         * @param dn who searches; null: anybody may
         * @param password that one's
         * @param filter {@code $username} in it is the user's name
         */
        record Search(String base, @Nullable String dn, Secret password, LdapScope scope, String filter)
                implements Bind {}
    }

    public LdapOptions {
        servers = List.copyOf(servers);
    }

    /** Options that are none; the text goes on after what has them: "needs …", "cannot have …". */
    public static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message, null, false, false);
        }

        public String text() {
            return String.valueOf(getMessage());
        }
    }

    /** Reads {@code name=value …} with blanks or commas between; values may be quoted, and the last one of a name counts. */
    public static LdapOptions parse(String text) throws MalformedException {
        return new LdapOptionReader(text).read();
    }
}
