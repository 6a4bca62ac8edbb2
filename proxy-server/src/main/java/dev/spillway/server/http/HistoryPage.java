package dev.spillway.server.http;

import dev.spillway.core.stats.History;
import dev.spillway.server.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last minutes as JSON; {@code docs/status.md} says what each member means. Stateless. */
final class HistoryPage {
    private static final double MILLIS_PER_SECOND = 1e3;

    private HistoryPage() {}

    static String write(List<History.Stretch> stretches) {
        Json json = new Json().object().put("format", StatusPage.FORMAT).array("stretches");
        for (History.Stretch stretch : stretches) {
            json.object().put("time", stretch.endMillis() / MILLIS_PER_SECOND).array("databases");
            for (History.Work work : stretch.databases()) {
                json.object()
                        .put("database", work.database())
                        .put("transactions_per_second", work.transactionsPerSecond());
                times(json, "wait", work.waits());
                times(json, "transaction", work.transactions());
                json.endObject();
            }
            json.endArray().array("hosts");
            stretch.hosts().forEach(host -> {
                json.object();
                StatusPage.connections(json, host);
                json.endObject();
            });
            json.endArray().endObject();
        }
        return json.endArray().endObject().toString();
    }

    private static void times(Json json, String name, History.@Nullable Times times) {
        if (times == null) {
            json.put(name, (String) null);
        } else {
            json.object(name).put("p50", times.p50()).put("p99", times.p99()).endObject();
        }
    }
}
