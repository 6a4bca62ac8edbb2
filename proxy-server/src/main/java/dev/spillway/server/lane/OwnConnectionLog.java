package dev.spillway.server.lane;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.Replication;
import dev.spillway.core.session.ConnectionLog;
import dev.spillway.core.session.LogSubject;
import dev.spillway.core.session.SlowTransaction;
import dev.spillway.core.session.Stay;
import dev.spillway.core.session.state.StateKind;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Spillway's own lines: what happened, to whom, and why. Confined to its lane; {@code config} says what is wanted. */
record OwnConnectionLog(Supplier<ProxyConfig> config, LimitedLines limited) implements ConnectionLog {
    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

    @Override
    public void clientAsks(LogSubject client, Replication replication) {}

    @Override
    public void clientLoggedIn(LogSubject client) {
        if (LOG.isDebugEnabled()) {
            LOG.debug("client logged in {}", client.name());
        }
    }

    @Override
    public void clientNotServed(LogSubject client, ErrorFields error) {
        if (config.get().log().logPoolerErrors() && limited.ofPool("client not served", client)) {
            LOG.info("client not served {}: {}", client.name(), error.message());
        }
    }

    @Override
    public void commandRefused(LogSubject client, ErrorFields error) {
        if (config.get().log().logPoolerErrors() && limited.ofPool("command refused", client)) {
            LOG.info("command refused {}: {}", client.name(), error.message());
        }
    }

    @Override
    public void clientPinned(LogSubject client, int kinds) {
        if (limited.ofPool("client pinned", client)) {
            LOG.info("client pinned {}: {}", client.name(), StateKind.words(kinds));
        }
    }

    @Override
    public void clientStays(LogSubject client, Stay stay) {
        if (limited.ofPool("client stuck", client)) {
            LOG.warn("client stuck {}: {}", client.name(), stay.text());
        }
    }

    @Override
    public void clientSlow(LogSubject client, SlowTransaction slow) {
        LOG.info("slow transaction {}: {}", client.name(), slow.text());
    }

    @Override
    public void clientEnded(LogSubject client, ClientEnd how, String why, @Nullable ErrorFields told) {
        String event = switch (how) {
            case LOGIN_FAILED, PASSWORD_WRONG, JUDGED, SASL_FAILED -> "client login failed";
            case PROTOCOL_BROKEN -> "client broke the protocol";
            case NOT_SERVED -> "client not served";
            case TOO_SLOW -> "client closed";
            case LEFT, LEFT_EARLY, TURNED_AWAY, CUT_OFF -> "";
        };
        if (event.isEmpty()) {
            if (LOG.isDebugEnabled()) {
                LOG.debug("client gone {}: {}", client.name(), why);
            }
        } else if (config.get().log().logPoolerErrors()
                && limited.ofPeer(event, client.wire().peer())) {
            LOG.info("{} {}: {}", event, client.name(), why);
        }
    }

    @Override
    public void serverConnected(LogSubject server) {}

    @Override
    public void serverOpened(LogSubject server) {
        if (config.get().log().logConnections()) {
            LOG.info("server opened {}", server.name());
        }
    }

    @Override
    public void serverRefused(LogSubject server, ErrorFields error) {
        if (limited.ofPool("server login failed", server)) {
            LOG.info("server login failed {}: {} {}", server.name(), error.sqlstate(), error.message());
        }
    }

    @Override
    public void serverEnded(LogSubject server, boolean isMisbehaviour, String why) {
        if (isMisbehaviour) {
            if (limited.ofPool("server broke the protocol", server)) {
                LOG.info("server broke the protocol {}: {}", server.name(), why);
            }
        } else if (config.get().log().logDisconnections()) {
            LOG.info("server closed {}: {}", server.name(), why);
        }
    }

    @Override
    public void fleetProblem(String fleet, String why) {
        LOG.warn("fleet {} cannot be spoken with: {}", fleet, why);
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
        LOG.warn("listener lost {}: {}", database, why);
    }

    @Override
    public void listenerBack(String database, long missedMillis) {
        LOG.info("listener back {}: {} ms without", database, missedMillis);
    }

    @Override
    public void serverNotReached(String pool, String where, boolean isLast, String why) {
        String event = isLast ? "server login failed" : "server not reached";
        if (limited.pass(event, pool)) {
            LOG.info("{} {}: {}", event, pool, why);
        }
    }
}
