package dev.spillway.server.judge;

import com.unboundid.ldap.sdk.DereferencePolicy;
import com.unboundid.ldap.sdk.FailoverServerSet;
import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.LDAPSearchException;
import com.unboundid.ldap.sdk.PostConnectProcessor;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.SearchRequest;
import com.unboundid.ldap.sdk.SearchResultEntry;
import com.unboundid.ldap.sdk.SearchScope;
import com.unboundid.ldap.sdk.ServerSet;
import com.unboundid.ldap.sdk.SimpleBindRequest;
import com.unboundid.ldap.sdk.StartTLSPostConnectProcessor;
import dev.spillway.core.auth.PasswordJudge;
import dev.spillway.core.config.LdapOptions;
import dev.spillway.core.config.LdapOptions.Bind;
import dev.spillway.core.config.LdapScope;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Asks a directory by logging in to it as the user, as PostgreSQL's method {@code ldap} does. Each question has a connection of its
 * own. Usable from any thread.
 *
 * @see <a href="https://www.postgresql.org/docs/current/auth-ldap.html">PostgreSQL's documentation</a>
 */
final class LdapJudge implements PasswordJudge {
    /** PgBouncer's, for connecting. */
    private static final int CONNECT_LIMIT_MILLIS = 3_000;

    private static final long ANSWER_LIMIT_MILLIS = 10_000;
    /** With these a name could be another filter than a name (PostgreSQL's auth.c, CheckLDAPAuth). */
    private static final String NOT_IN_FILTERS = "*()\\/";

    private static final String USER_NAME = "$username";
    /** So many are too many: one has to be found. */
    private static final int TOO_MANY = 2;

    private final Bind bind;
    private final String hosts;
    private final ServerSet servers;

    /**
     * @param tls null: the options ask for none
     * @throws IOException if there is no such filter: the message is for the user
     */
    LdapJudge(LdapOptions options, @Nullable LdapTls tls) throws IOException {
        this.bind = options.bind();
        this.hosts = String.join(", ", options.servers());
        if (bind instanceof Bind.Search search) {
            requireFilter(search.filter());
        }
        LDAPConnectionOptions how = new LDAPConnectionOptions();
        how.setConnectTimeoutMillis(CONNECT_LIMIT_MILLIS);
        how.setResponseTimeoutMillis(ANSWER_LIMIT_MILLIS);
        how.setFollowReferrals(false);
        how.setUseSynchronousMode(true);
        if (tls != null) {
            how.setSSLSocketVerifier(tls.verifier());
        }
        SocketFactory sockets = tls != null && options.isTlsFromStart()
                ? new LimitedSockets(tls.context().getSocketFactory(), CONNECT_LIMIT_MILLIS)
                : null;
        PostConnectProcessor first =
                tls != null && options.startsTls() ? new StartTLSPostConnectProcessor(tls.context()) : null;
        this.servers = new FailoverServerSet(options.servers().stream()
                .map(host -> new EveryAddress(host, options.port(), sockets, how, first))
                .toArray(ServerSet[]::new));
    }

    private static void requireFilter(String filter) throws IOException {
        try {
            Filter.create(filter.replace(USER_NAME, "name"));
        } catch (LDAPException e) {
            throw new IOException("'" + filter + "' is no filter of LDAP: " + line(e), e);
        }
    }

    @Override
    public @Nullable String refusal(String user, byte[] password, @Nullable String host) {
        try (LDAPConnection connection = servers.getConnection()) {
            return switch (bind) {
                case Bind.Direct(String prefix, String suffix) -> refusal(connection, prefix + user + suffix, password);
                case Bind.Search search -> refusal(connection, search, user, password);
            };
        } catch (LDAPException e) {
            return "LDAP server " + hosts + " cannot be asked: " + line(e);
        }
    }

    private @Nullable String refusal(LDAPConnection connection, String dn, byte[] password) {
        try {
            connection.bind(new SimpleBindRequest(dn, password));
            return null;
        } catch (LDAPException e) {
            return "LDAP login failed for user \"" + dn + "\" on server " + hosts + ": " + line(e);
        }
    }

    private @Nullable String refusal(LDAPConnection connection, Bind.Search search, String user, byte[] password) {
        if (user.chars().anyMatch(c -> NOT_IN_FILTERS.indexOf(c) >= 0)) {
            return "invalid character in user name for LDAP authentication";
        }
        String searcher = Objects.requireNonNullElse(search.dn(), "");
        try {
            connection.bind(new SimpleBindRequest(searcher, search.password().reveal()));
        } catch (LDAPException e) {
            return "could not perform initial LDAP bind for ldapbinddn \"" + searcher + "\" on server " + hosts + ": "
                    + line(e);
        }
        String filter = search.filter().replace(USER_NAME, user);
        try {
            List<SearchResultEntry> found = Objects.requireNonNullElse(
                    connection.search(request(search, filter)).getSearchEntries(), List.of());
            return switch (found.size()) {
                case 0 -> "LDAP user \"" + user + "\" does not exist: nothing fits " + filter + " on server " + hosts;
                case 1 -> refusal(connection, found.getFirst().getDN(), password);
                default -> notUnique(user, filter);
            };
        } catch (LDAPSearchException e) {
            return e.getResultCode().equals(ResultCode.SIZE_LIMIT_EXCEEDED)
                    ? notUnique(user, filter)
                    : "could not search LDAP for filter " + filter + " on server " + hosts + ": " + line(e);
        } catch (LDAPException e) {
            return "could not search LDAP for filter " + filter + " on server " + hosts + ": " + line(e);
        }
    }

    private static SearchRequest request(Bind.Search search, String filter) throws LDAPException {
        SearchRequest request =
                new SearchRequest(search.base(), scope(search.scope()), filter, SearchRequest.NO_ATTRIBUTES);
        request.setDerefPolicy(DereferencePolicy.NEVER);
        request.setSizeLimit(TOO_MANY);
        return request;
    }

    private static SearchScope scope(LdapScope scope) {
        return switch (scope) {
            case BASE -> SearchScope.BASE;
            case ONE -> SearchScope.ONE;
            case SUB -> SearchScope.SUB;
        };
    }

    private String notUnique(String user, String filter) {
        return "LDAP user \"" + user + "\" is not unique: several fit " + filter + " on server " + hosts;
    }

    /** What went wrong, in one line, at each address that was tried. */
    private static String line(LDAPException e) {
        Throwable first = e;
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            first = cause;
        }
        StringBuilder line = new StringBuilder(e.getResultCode().getName());
        String more = first.getMessage();
        if (more != null) {
            line.append(" (").append(more.replaceAll("\\s+", " ")).append(')');
        }
        for (Throwable other : e.getSuppressed()) {
            line.append("; ").append(other instanceof LDAPException another ? line(another) : other.toString());
        }
        return line.toString();
    }
}
