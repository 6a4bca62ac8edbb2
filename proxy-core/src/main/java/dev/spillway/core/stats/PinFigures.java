package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.session.ServerFacts;
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

    static PinFigures of(ConnectionFigures server, ServerFacts facts, int clientId, LaneView view) {
        return new PinFigures(
                server.database(),
                server.user(),
                facts.processId(),
                clientId,
                server.applicationName(),
                facts.pin(),
                view.nowNanos() - facts.pinnedNanos());
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
