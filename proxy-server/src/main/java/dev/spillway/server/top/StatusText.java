package dev.spillway.server.top;

import dev.spillway.server.top.Status.Clients;
import dev.spillway.server.top.Status.Database;
import dev.spillway.server.top.Status.Host;
import dev.spillway.server.top.Status.Incident;
import dev.spillway.server.top.Status.Pin;
import dev.spillway.server.top.Status.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** Reads what {@code /status} says. A member that is not there counts as 0, empty or false. Stateless. */
final class StatusText {
    /** What is understood: members may be added to it, not taken away. */
    static final int FORMAT = 1;

    private StatusText() {}

    /** Throws {@link NoStatus} where {@code text} is something else. */
    static Status read(String text) throws NoStatus {
        try {
            JSONObject json = new JSONObject(text);
            int format = json.getInt("format");
            if (format != FORMAT) {
                throw new NoStatus("says its status in format " + format + ", and this program understands " + FORMAT
                        + " only: use the one of Spillway " + json.optString("version", "there"));
            }
            return status(json);
        } catch (JSONException e) {
            throw new NoStatus("answers, but not with the status of a Spillway: that is no admin port", e);
        }
    }

    private static Status status(JSONObject json) {
        JSONObject clients = json.getJSONObject("clients");
        return new Status(
                json.getString("version"),
                json.getDouble("time"),
                json.getDouble("uptime"),
                json.optBoolean("draining"),
                json.optBoolean("paused"),
                json.optBoolean("suspended"),
                new Clients(clients.optLong("connected"), clients.optLong("logging_in"), clients.optLong("limit")),
                each(json, "pools", StatusText::pool),
                each(json, "databases", StatusText::database),
                each(json, "hosts", StatusText::host),
                each(json, "pins", StatusText::pin),
                each(json, "incidents", StatusText::incident));
    }

    private static Pool pool(JSONObject json) {
        JSONObject clients = json.getJSONObject("clients");
        JSONObject servers = json.getJSONObject("servers");
        return new Pool(
                json.optString("database"),
                json.optString("user"),
                clients.optLong("active"),
                clients.optLong("waiting"),
                json.optDouble("oldest_wait", 0),
                servers.optLong("active") + servers.optLong("tested") + servers.optLong("being_canceled"),
                servers.optLong("idle") + servers.optLong("used"),
                servers.optLong("login"),
                json.optLong("size"),
                json.optBoolean("down"),
                words(json, "problem"));
    }

    private static Database database(JSONObject json) {
        JSONObject totals = json.getJSONObject("totals");
        JSONObject times = json.getJSONObject("times");
        return new Database(
                json.optString("database"),
                json.optBoolean("paused"),
                json.optBoolean("disabled"),
                words(json, "problem"),
                totals.optLong("transactions"),
                totals.optLong("waits"),
                buckets(times.getJSONObject("wait")),
                buckets(times.getJSONObject("transaction")));
    }

    private static Buckets buckets(JSONObject json) {
        JSONArray ends = json.getJSONArray("end_micros");
        JSONArray counts = json.getJSONArray("counts");
        NavigableMap<Long, Long> buckets = new TreeMap<>();
        for (int i = 0; i < ends.length(); i++) {
            long end = ends.getLong(i);
            buckets.put(end < 0 ? Buckets.ENDLESS : end, counts.getLong(i));
        }
        return new Buckets(buckets);
    }

    private static Host host(JSONObject json) {
        return new Host(
                json.optString("host"),
                json.optLong("max_connections"),
                json.optLong("reserved"),
                json.optLong("others"),
                json.optLong("budget"),
                json.optLong("ours"),
                json.optLong("fleet_members"),
                json.optLong("fleet_budget"),
                words(json, "problem"));
    }

    private static Pin pin(JSONObject json) {
        return new Pin(
                json.optString("database"),
                json.optString("user"),
                words(json, "application_name"),
                json.optString("reason"),
                json.optDouble("age", 0));
    }

    private static Incident incident(JSONObject json) {
        return new Incident(
                json.optString("sqlstate"),
                words(json, "database"),
                json.optString("text"),
                json.optLong("count"),
                json.optDouble("last", 0));
    }

    /** A text that may be null. */
    private static String words(JSONObject json, String name) {
        return json.isNull(name) ? "" : json.optString(name);
    }

    private static <T> List<T> each(JSONObject json, String name, Function<JSONObject, T> read) {
        JSONArray elements = json.getJSONArray(name);
        List<T> all = new ArrayList<>(elements.length());
        for (int i = 0; i < elements.length(); i++) {
            all.add(read.apply(elements.getJSONObject(i)));
        }
        return List.copyOf(all);
    }
}
