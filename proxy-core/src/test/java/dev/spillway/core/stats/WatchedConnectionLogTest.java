package dev.spillway.core.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.Replication;
import dev.spillway.core.session.ConnectionLog;
import dev.spillway.core.session.LogSubject;
import dev.spillway.core.session.SlowTransaction;
import dev.spillway.core.session.Stay;
import dev.spillway.core.session.Wire;
import dev.spillway.core.session.state.StateKind;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WatchedConnectionLogTest {
    private final List<String> heard = new ArrayList<>();
    private final Incidents incidents = new Incidents();
    private long nowMillis = 1000;
    private final WatchedConnectionLog log = new WatchedConnectionLog(new Next(), incidents, () -> nowMillis);

    /** Notes what it is told of. */
    private final class Next implements ConnectionLog {
        @Override
        public void clientAsks(LogSubject client, Replication replication) {
            heard.add("asks");
        }

        @Override
        public void clientLoggedIn(LogSubject client) {
            heard.add("logged in");
        }

        @Override
        public void clientNotServed(LogSubject client, ErrorFields error) {
            heard.add("not served");
        }

        @Override
        public void commandRefused(LogSubject client, ErrorFields error) {
            heard.add("command refused");
        }

        @Override
        public void clientPinned(LogSubject client, int kinds) {
            heard.add("pinned");
        }

        @Override
        public void clientStays(LogSubject client, Stay stay) {
            heard.add("stays");
        }

        @Override
        public void clientSlow(LogSubject client, SlowTransaction slow) {
            heard.add("slow " + client.database() + " " + slow.untold());
        }

        @Override
        public void clientEnded(LogSubject client, ClientEnd how, String why, @Nullable ErrorFields told) {
            heard.add("ended");
        }

        @Override
        public void serverConnected(LogSubject server) {
            heard.add("connected");
        }

        @Override
        public void serverOpened(LogSubject server) {
            heard.add("opened");
        }

        @Override
        public void serverRefused(LogSubject server, ErrorFields error) {
            heard.add("refused");
        }

        @Override
        public void serverEnded(LogSubject server, boolean isMisbehaviour, String why) {
            heard.add("server ended");
        }

        @Override
        public void fleetProblem(String fleet, String why) {
            heard.add("fleet problem");
        }

        @Override
        public void fleetMemberDead(String fleet, String member, long silentMillis, int open) {
            heard.add("fleet member dead");
        }

        @Override
        public void listenerLost(String database, String why) {
            heard.add("listener lost");
        }

        @Override
        public void listenerBack(String database, long missedMillis) {
            heard.add("listener back");
        }

        @Override
        public void serverNotReached(String pool, String where, boolean isLast, String why) {
            heard.add("not reached");
        }
    }

    /** Nobody asks a wire anything here. */
    private static final Wire WIRE = (Wire) Proxy.newProxyInstance(
            Wire.class.getClassLoader(), new Class<?>[] {Wire.class}, (wire, method, arguments) -> {
                throw new UnsupportedOperationException(method.getName());
            });

    private static LogSubject of(String database) {
        return new LogSubject(WIRE, database, "user", null, 0);
    }

    @Test
    void everythingIsHandedOn() {
        log.clientAsks(of("a"), Replication.NONE);
        log.clientLoggedIn(of("a"));
        log.clientNotServed(of("a"), ProxyError.SERVER_LOST.fields("p", "x"));
        log.commandRefused(of("a"), ProxyError.SERVER_LOST.fields("p", "x"));
        log.clientPinned(of("a"), StateKind.LOCKS.bit);
        log.clientStays(of("a"), new Stay(Stay.What.QUERY, 1, Duration.ZERO, ""));
        log.clientEnded(of("a"), ConnectionLog.ClientEnd.LEFT, "", null);
        log.serverConnected(of("a"));
        log.serverOpened(of("a"));
        log.serverRefused(of("a"), ProxyError.SERVER_LOST.fields("p", "x"));
        log.serverEnded(of("a"), false, "");
        log.fleetProblem("f", "");
        log.fleetMemberDead("f", "0123abcd", 1, 1);
        log.listenerLost("a", "");
        log.listenerBack("a", 1);
        log.serverNotReached("a/b", "", true, "");

        assertThat(heard)
                .containsExactly(
                        "asks",
                        "logged in",
                        "not served",
                        "command refused",
                        "pinned",
                        "stays",
                        "ended",
                        "connected",
                        "opened",
                        "refused",
                        "server ended",
                        "fleet problem",
                        "fleet member dead",
                        "listener lost",
                        "listener back",
                        "not reached");
    }

    @Test
    void incidentsOfOneKindAreOneWithTheTextOfTheLast() {
        log.clientNotServed(of("a"), ProxyError.QUERY_WAIT_TIMEOUT.fields("a/user", "3 s", 5, 5, 1, ""));
        nowMillis = 2000;
        log.clientNotServed(of("a"), ProxyError.QUERY_WAIT_TIMEOUT.fields("a/user", "3 s", 5, 5, 9, ""));
        nowMillis = 1500;
        log.clientNotServed(of("b"), ProxyError.QUERY_WAIT_TIMEOUT.fields("b/user", "3 s", 5, 5, 9, ""));

        assertThat(incidents.recent()).extracting(Incident::database).containsExactly("a", "b");
        Incident first = incidents.recent().getFirst();
        assertThat(first.count()).isEqualTo(2);
        assertThat(first.text()).contains("9 clients waiting");
        assertThat(first.firstMillis()).isEqualTo(1000);
        assertThat(first.lastMillis()).isEqualTo(2000);
        assertThat(Objects.requireNonNull(incidents.errors().get("a")).byClass())
                .isEqualTo(Map.of("53", 2L));
    }

    @Test
    void whatOnlyServersSayIsShownAndNotCountedAsAnErrorOfOurs() {
        log.serverRefused(of("a"), ErrorFields.of("FATAL", "3D000", "database \"a\" does not exist"));
        log.serverNotReached("a/user", "10.0.0.1:5432", true, "10.0.0.1:5432: connection refused");
        log.serverEnded(of("a"), true, "unknown message type");
        log.listenerLost("a", "terminated");
        log.serverEnded(of("a"), false, "idle");
        log.clientEnded(of("a"), ConnectionLog.ClientEnd.LEFT, "", null);

        assertThat(incidents.errors()).isEmpty();
        assertThat(incidents.recent())
                .extracting(Incident::text)
                .containsExactlyInAnyOrder(
                        "server login failed: database \"a\" does not exist",
                        "no connection to the server: 10.0.0.1:5432: connection refused",
                        "the connection that listens for clients was lost: terminated",
                        "server broke the protocol");
    }

    @Test
    void whatAClientSentOrPostgresSaysOfItsSettingsIsNotShown() {
        log.clientEnded(
                of(""),
                ConnectionLog.ClientEnd.PROTOCOL_BROKEN,
                "",
                ProxyError.PROTOCOL.fields("startup option \"-c secret=hush\" is wrong"));
        log.clientEnded(
                of("a"),
                ConnectionLog.ClientEnd.CUT_OFF,
                "",
                ProxyError.SETTING_NOT_RESTORED.fields("invalid value \"hush\""));

        assertThat(incidents.recent())
                .hasSize(2)
                .allSatisfy(incident -> assertThat(incident.text()).isNotEmpty().doesNotContain("hush"));
    }

    @Test
    void pinsAreCountedByTheirReasons() {
        log.clientPinned(of("a"), StateKind.LOCKS.bit);
        log.clientPinned(of("b"), StateKind.LOCKS.bit);
        log.clientPinned(of("b"), StateKind.LOCKS.bit | StateKind.CURSORS.bit);

        assertThat(incidents.pins()).isEqualTo(Map.of("advisory locks", 2L, "cursors with hold, advisory locks", 1L));
    }

    @Test
    void slowTransactionsAreToldOfTenTimesASecondAndTheOthersCounted() {
        SlowTransaction slow = new SlowTransaction(5_000_000, 0, "", 0);
        for (int i = 0; i < 35; i++) {
            log.clientSlow(of("a"), slow);
        }
        assertThat(heard).hasSize(10).containsOnly("slow a 0");
        log.clientSlow(of("b"), slow);
        assertThat(heard).hasSize(11).endsWith("slow b 0");

        nowMillis += 1000;
        log.clientSlow(of("a"), slow);
        log.clientSlow(of("a"), slow);

        assertThat(heard).hasSize(13).endsWith("slow a 25", "slow a 0");
    }

    @Test
    void namesThatSomebodyInventsDoNotPileUp() {
        for (int i = 0; i < 5000; i++) {
            log.clientEnded(
                    of("db" + i), ConnectionLog.ClientEnd.LOGIN_FAILED, "", ProxyError.DATABASE_UNKNOWN.fields("x"));
        }

        assertThat(incidents.recent()).hasSize(50);
        assertThat(incidents.errors()).hasSizeBetween(1000, 1001);
        assertThat(incidents.errors().values().stream()
                        .mapToLong(counts -> counts.byClass().getOrDefault("3D", 0L))
                        .sum())
                .isEqualTo(5000);
    }
}
