package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerFacts;
import dev.spillway.core.session.ServerSession;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server that its client keeps beyond a transaction. Immutable.
 *
 * @param processId of the server
 * @param clientId of the client's connection, as other tables show it
 * @param reason what the client has made there that cannot move
 */
public record PinFigures(
        String database, String user, int processId, int clientId, String clientName, String reason, long ageNanos) {
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final Table.Columns COLUMNS = Table.Columns.NONE
            .text("database", "user")
            .int4("remote_pid", "client_id")
            .text("application_name", "reason")
            .int8("age");

    /** Of one lane; called on that lane. */
    static List<PinFigures> of(LaneView view) {
        List<PinFigures> pins = new ArrayList<>();
        for (LaneView.PoolEntry entry : view.pools()) {
            if (entry.pool().pool().share().pinned() > 0) {
                entry.pool().servers().forEach(server -> add(pins, server, entry, view));
            }
        }
        return pins;
    }

    private static void add(List<PinFigures> pins, ServerSession server, LaneView.PoolEntry entry, LaneView view) {
        ClientSession client = server.client();
        ServerFacts facts = server.facts();
        if (client != null && !facts.pin().isEmpty()) {
            pins.add(new PinFigures(
                    entry.database(),
                    entry.user(),
                    facts.processId(),
                    client.wire().id(),
                    client.identity().applicationName(),
                    facts.pin(),
                    view.nowNanos() - facts.pinnedNanos()));
        }
    }

    /** SHOW PINS: ages in seconds. */
    public static Table table(ProxyFigures figures) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        figures.pins()
                .forEach(pin -> rows.add(row(
                        pin.database,
                        pin.user,
                        pin.processId,
                        pin.clientId,
                        pin.clientName,
                        pin.reason,
                        pin.ageNanos / NANOS_PER_SECOND)));
        return COLUMNS.table(rows);
    }
}
