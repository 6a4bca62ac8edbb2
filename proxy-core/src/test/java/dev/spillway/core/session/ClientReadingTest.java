package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Limits;
import dev.spillway.core.pool.NoCrossing;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StatePolicy;
import dev.spillway.core.stats.ClientReading;
import dev.spillway.core.stats.LaneView;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A lane reads thousands of clients for those who look, and serves them in between. */
class ClientReadingTest {
    private Collection<ClientSession> clients = List.of();
    private boolean areHere = true;
    private final LaneView view = (LaneView) Proxy.newProxyInstance(
            LaneView.class.getClassLoader(),
            new Class<?>[] {LaneView.class},
            (self, asked, with) -> switch (asked.getName()) {
                case "clients" -> clients;
                case "isHere" -> areHere;
                default -> nothing(asked.getReturnType());
            });

    private static Object nothing(Class<?> type) {
        if (type == PoolCounters.class) {
            return new PoolCounters();
        }
        return type == Map.class ? Map.of() : type == Set.class ? Set.of() : type == Collection.class ? List.of() : 0L;
    }

    private static ClientSession client() {
        ServerPool pool = NoCrossing.pool(
                "db/user",
                PoolMode.TRANSACTION,
                StatePolicy.IGNORE,
                "",
                Limits.of(1).build(),
                () -> {});
        ClientIdentity identity =
                new ClientIdentity("db", "user", new CancelKey(1, new byte[4]), Snapshot.NEUTRAL, null, "", 0);
        return new ClientSession(new FakeWire("client:1"), new FakePorts(), pool, identity, Map.of());
    }

    @Test
    void manyAreReadInParts() {
        clients = Collections.nCopies(300, client());
        ClientReading reading = new ClientReading(view);

        assertThat(reading.readMore(view)).isTrue();
        assertThat(reading.readMore(view)).isTrue();
        assertThat(reading.readMore(view)).isFalse();
        assertThat(reading.figures(view).clients()).hasSize(300);
    }

    @Test
    void whoHasLeftTheLaneBeforeItsTurnIsNotTouched() {
        clients = Collections.nCopies(200, client());
        ClientReading reading = new ClientReading(view);
        assertThat(reading.readMore(view)).isTrue();
        int read = reading.figures(view).clients().size();

        areHere = false;
        assertThat(reading.readMore(view)).isFalse();
        assertThat(reading.figures(view).clients()).hasSize(read).hasSizeBetween(1, 199);
    }
}
