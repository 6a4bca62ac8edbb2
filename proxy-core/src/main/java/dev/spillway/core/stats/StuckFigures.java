package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.session.Stay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client that has been at something with its server for long. Immutable.
 *
 * @param clientId of its connection, as other tables show it
 * @param processId of its server
 */
public record StuckFigures(
        String database,
        String user,
        int clientId,
        String address,
        int port,
        String clientName,
        Stay stay,
        int processId) {
    private static final Table.Columns COLUMNS = Table.Columns.NONE
            .text("database", "user")
            .int4("client_id")
            .text("addr")
            .int4("port")
            .text("application_name", "doing")
            .int8("age", "limit")
            .text("setting", "reason")
            .int4("remote_pid");

    /** Of one lane; called on that lane. A replication client has its server for as long as it likes. */
    static List<StuckFigures> of(LaneView view) {
        List<StuckFigures> stuck = new ArrayList<>();
        for (LaneView.PoolEntry entry : view.pools()) {
            for (ServerSession server : entry.pool().servers()) {
                ClientSession client = server.client();
                if (client != null && client.identity().own() == null) {
                    client.facts(view.nowNanos()).stays().stream()
                            .filter(Stay::isLong)
                            .forEach(stay -> stuck.add(of(client, server, stay)));
                }
            }
        }
        return stuck;
    }

    private static StuckFigures of(ClientSession client, ServerSession server, Stay stay) {
        WireFigures wire = WireFigures.of(client.wire());
        return new StuckFigures(
                client.identity().database(),
                client.identity().user(),
                wire.id(),
                wire.address(),
                wire.port(),
                client.identity().applicationName(),
                stay,
                server.facts().processId());
    }

    /** SHOW STUCK: the longest first, times in seconds. */
    public static Table table(ProxyFigures figures) {
        List<List<@Nullable String>> rows = figures.stuck().stream()
                .sorted(Comparator.comparingLong((StuckFigures one) -> one.stay.ageNanos())
                        .reversed())
                .map(StuckFigures::cells)
                .toList();
        return COLUMNS.table(rows);
    }

    private List<@Nullable String> cells() {
        return row(
                database,
                user,
                clientId,
                address,
                port,
                clientName,
                stay.what().words(),
                Duration.ofNanos(stay.ageNanos()).toSeconds(),
                stay.limit().toSeconds(),
                stay.what().setting(),
                stay.reason(),
                processId);
    }
}
