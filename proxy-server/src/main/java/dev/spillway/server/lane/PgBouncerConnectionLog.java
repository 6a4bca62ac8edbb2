package dev.spillway.server.lane;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.Replication;
import dev.spillway.core.session.ConnectionLog;
import dev.spillway.core.session.LogSubject;
import dev.spillway.core.session.Protection;
import dev.spillway.core.session.SlowTransaction;
import dev.spillway.core.session.Stay;
import dev.spillway.core.session.state.StateKind;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PgBouncer's lines, for filters and parsers that were written for them: {@code C-0x1f: db/user@addr:port closing because:
 * … (age=0s)}. Confined to its lane.
 *
 * <p>Names come from clients. A blank in one is replaced, so that nobody can put the words of another line, with another's
 * address, before the true ones.
 *
 * @param config says what is wanted
 * @param nowMillis the wall clock
 */
record PgBouncerConnectionLog(Supplier<ProxyConfig> config, LongSupplier nowMillis, LimitedLines limited)
        implements ConnectionLog {
    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);
    private static final Pattern BLANK = Pattern.compile("[\\s\\p{Cntrl}]");
    /** Its words for the address of a server whose host has none. */
    private static final String NO_ADDRESS = "(bad-af):0";

    private static final int MILLIS_PER_SECOND = 1000;

    /** Its words for why servers end, where ours differ. */
    private static final Map<String, String> WORDS = Map.of(
            "server_lifetime over", "server lifetime over",
            "idle for longer than server_idle_timeout", "server idle timeout",
            "another pool needs its place", "evicted",
            "connection lost", "server conn crashed?");

    @Override
    public void clientAsks(LogSubject client, Replication replication) {
        if (config.get().log().logConnections()) {
            LOG.info(
                    "{}login attempt: db={} user={} tls={} replication={}",
                    prefix('C', client),
                    word(client.database()),
                    word(client.user()),
                    tls(client),
                    spelling(replication));
        }
    }

    private static String spelling(Replication replication) {
        return switch (replication) {
            case NONE -> "no";
            case LOGICAL -> "database";
            case PHYSICAL -> "yes";
        };
    }

    @Override
    public void clientLoggedIn(LogSubject client) {
        if (LOG.isDebugEnabled()) {
            LOG.debug("{}logged in", prefix('C', client));
        }
    }

    @Override
    public void clientNotServed(LogSubject client, ErrorFields error) {
        poolerError(client, error.message());
    }

    @Override
    public void commandRefused(LogSubject client, ErrorFields error) {
        poolerError(client, error.message());
    }

    @Override
    public void clientPinned(LogSubject client, int kinds) {
        if (limited.ofPool("pinned to its server", client)) {
            LOG.info("{}pinned to its server: {}", prefix('C', client), StateKind.words(kinds));
        }
    }

    @Override
    public void clientStays(LogSubject client, Stay stay) {
        if (limited.ofPool("stuck", client)) {
            LOG.warn("{}stuck: {}", prefix('C', client), stay.text());
        }
    }

    @Override
    public void clientSlow(LogSubject client, SlowTransaction slow) {
        LOG.info("{}slow transaction: {}", prefix('C', client), slow.text());
    }

    @Override
    public void clientEnded(LogSubject client, ClientEnd how, String why, @Nullable ErrorFields told) {
        boolean isSasl = how == ClientEnd.SASL_FAILED;
        if (isSasl
                && limited.ofPeer(
                        "password authentication failed", client.wire().peer())) {
            LOG.error("{}password authentication failed", prefix('C', client));
        }
        if (isMoreThanTold(how, why, told)
                && config.get().log().logPoolerErrors()
                && limited.ofPeer("login failed", client.wire().peer())) {
            LOG.warn("{}{}", prefix('C', client), text(client, why));
        }
        String reason = isSasl ? "SASL authentication failed" : told == null ? why : told.message();
        if (how != ClientEnd.LEFT_EARLY) {
            closing('C', client, reason);
        }
        if (told != null) {
            poolerError(client, reason);
        }
    }

    /** Of a login, its client is told little: what an operator has to know is in a line of its own. */
    private static boolean isMoreThanTold(ClientEnd how, String why, @Nullable ErrorFields told) {
        boolean isLogin = switch (how) {
            case LOGIN_FAILED, PASSWORD_WRONG, JUDGED, SASL_FAILED -> true;
            case LEFT, LEFT_EARLY, TURNED_AWAY, PROTOCOL_BROKEN, NOT_SERVED, TOO_SLOW, CUT_OFF -> false;
        };
        return isLogin && told != null && !told.message().contains(why);
    }

    private void poolerError(LogSubject client, String text) {
        if (config.get().log().logPoolerErrors()
                && limited.ofPeer("pooler error", client.wire().peer())) {
            LOG.warn("{}pooler error: {}", prefix('C', client), text(client, text));
        }
    }

    @Override
    public void serverConnected(LogSubject server) {
        if (config.get().log().logConnections()) {
            String local = server.wire().local();
            LOG.info(
                    "{}new connection to server{}",
                    prefix('S', server),
                    local.startsWith("unix") ? "" : " (from " + local + ')');
        }
    }

    @Override
    public void serverOpened(LogSubject server) {
        if (LOG.isDebugEnabled()) {
            LOG.debug("{}server login ok, start accepting queries", prefix('S', server));
        }
    }

    @Override
    public void serverRefused(LogSubject server, ErrorFields error) {
        if (limited.ofPool("server login failed", server)) {
            LOG.error("{}login failed: {}: {}", prefix('S', server), error.severity(), error.message());
        }
        closing('S', server, error.message());
    }

    @Override
    public void serverEnded(LogSubject server, boolean isMisbehaviour, String why) {
        if (isMisbehaviour && limited.ofPool("server broke the protocol", server)) {
            LOG.error("{}{}", prefix('S', server), why);
        }
        closing('S', server, WORDS.getOrDefault(why, why));
    }

    @Override
    public void fleetProblem(String fleet, String why) {
        LOG.warn("fleet {}: {}", fleet, why);
    }

    @Override
    public void fleetMemberDead(String fleet, String member, long silentMillis, int open) {
        LOG.warn(
                "fleet {}: instance {} has said nothing for {} ms, its {} connections are ended",
                fleet,
                member,
                silentMillis,
                open);
    }

    @Override
    public void listenerLost(String database, String why) {
        LOG.warn("listener of database {} lost: {}", word(database), why);
    }

    @Override
    public void listenerBack(String database, long missedMillis) {
        LOG.info("listener of database {} is back after {} ms", word(database), missedMillis);
    }

    @Override
    public void serverNotReached(String pool, String where, boolean isLast, String why) {
        if (limited.pass("connect failed", pool)) {
            String place = where.isEmpty() ? NO_ADDRESS : where;
            LOG.warn("S-0x0: {}@{} closing because: connect failed: {} (age=0s)", word(pool), place, why);
        }
    }

    private void closing(char side, LogSubject subject, String reason) {
        if (config.get().log().logDisconnections()) {
            long age = Math.max(0, nowMillis.getAsLong() - subject.sinceMillis()) / MILLIS_PER_SECOND;
            LOG.info("{}closing because: {} (age={}s)", prefix(side, subject), text(subject, reason), age);
        }
    }

    /** {@code side}: C for a client, S for a server. */
    private static String prefix(char side, LogSubject subject) {
        String database = subject.database().isEmpty() ? "(nodb)" : word(subject.database());
        String user = subject.user().isEmpty() ? "(nouser)" : word(subject.user());
        return side + "-0x" + Integer.toHexString(subject.wire().id()) + ": " + database + '/' + user + '@'
                + subject.wire().peer() + ' ';
    }

    /** {@code words}, with the names of {@code subject} in them as they are in the line's beginning. */
    private static String text(LogSubject subject, String words) {
        String text = words;
        for (String name : List.of(subject.user(), subject.database())) {
            if (BLANK.matcher(name).find()) {
                text = text.replace(name, word(name));
            }
        }
        return text;
    }

    private static String tls(LogSubject client) {
        Protection protection = client.wire().protection();
        return protection == null ? "no" : protection.text();
    }

    private static String word(String name) {
        return BLANK.matcher(name).replaceAll("_");
    }
}
