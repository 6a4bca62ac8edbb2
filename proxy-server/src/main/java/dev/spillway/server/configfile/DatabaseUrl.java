package dev.spillway.server.configfile;

import dev.spillway.core.config.Secret;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a PostgreSQL connection URI, percent-decoded. Immutable; never prints the password.
 *
 * @param host empty if there is none
 * @param port empty if there is none, else one to five digits
 * @param dbname empty if there is none
 * @param user empty if there is none
 * @param password null if there is none
 * @param parameters what follows the question mark, in order
 * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS">PostgreSQL's
 *     documentation of connection URIs</a>
 */
record DatabaseUrl(
        String host,
        String port,
        String dbname,
        String user,
        @Nullable Secret password,
        Map<String, String> parameters) {}
