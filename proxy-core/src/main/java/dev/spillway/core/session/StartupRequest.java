package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.OwnLogin;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.startup.CommandLineOptions;
import dev.spillway.core.protocol.startup.Replication;
import dev.spillway.core.protocol.startup.StartupPacket;
import dev.spillway.core.session.state.Snapshot;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a client's startup packet asks for, read.
 *
 * @param settings the parameters it wants in force, those of its {@code options} included
 * @param ofOptions the names of those that only its {@code options} set
 */
public record StartupRequest(
        int minorVersion,
        String database,
        String user,
        Replication replication,
        Map<String, String> settings,
        Set<String> ofOptions) {
    private static final Set<String> NOT_SETTINGS = Set.of("user", "database", "options", "replication");

    /**
     * Reads a packet as PostgreSQL does: the database's name defaults to the user's, names of parameters have no case, and
     * {@code options} come before parameters of the packet's own ({@code process_startup_options()}).
     *
     * @throws Refused if no user is named, or if nobody knows what kind of replication is meant
     */
    static StartupRequest of(StartupPacket.StartupMessage message) {
        Map<String, String> sent = message.parameters();
        String user = sent.getOrDefault("user", "");
        if (user.isEmpty()) {
            throw new Refused(ProxyError.NO_USER_NAME.fields());
        }
        String kind = sent.getOrDefault("replication", Replication.NONE.value());
        Replication replication = Replication.parse(kind);
        if (replication == null) {
            throw new Refused(ProxyError.REPLICATION_UNKNOWN
                    .fields(kind)
                    .with('H', "Valid values are: \"false\", 0, \"true\", 1, \"database\"."));
        }
        Map<String, String> settings = new TreeMap<>(CommandLineOptions.parse(sent.getOrDefault("options", "")));
        Set<String> ofOptions = new TreeSet<>(settings.keySet());
        sent.forEach((name, value) -> {
            if (!NOT_SETTINGS.contains(name) && !name.startsWith("_pq_.")) {
                settings.put(name.toLowerCase(Locale.ROOT), value);
                ofOptions.remove(name.toLowerCase(Locale.ROOT));
            }
        });
        String database = sent.getOrDefault("database", "");
        return new StartupRequest(
                message.minorVersion(), database.isEmpty() ? user : database, user, replication, settings, ofOptions);
    }

    /** The same with other settings. */
    public StartupRequest with(Map<String, String> otherSettings) {
        return new StartupRequest(minorVersion, database, user, replication, otherSettings, ofOptions);
    }

    /** The same of a user of that name. */
    public StartupRequest as(String otherUser) {
        return new StartupRequest(minorVersion, database, otherUser, replication, settings, ofOptions);
    }

    /** Who the client is, with the key it is given. {@code ignored} settings are dropped. */
    public ClientIdentity identity(CancelKey key, IgnoredParameters ignored, long connectedAtMillis) {
        Map<String, String> kept = new TreeMap<>(settings);
        boolean isPooled = replication == Replication.NONE;
        kept.keySet().removeIf(name -> ignored.has(name, isPooled && ofOptions.contains(name)));
        OwnLogin own = replication == Replication.NONE ? null : new OwnLogin(replication, kept);
        return new ClientIdentity(database, user, key, Snapshot.of(kept), own, applicationName(), connectedAtMillis);
    }

    private String applicationName() {
        return settings.getOrDefault("application_name", "");
    }

    /** With where the client is in its name, as PgBouncer has it: {@code app} stands for no name. */
    public StartupRequest withHost(String peer) {
        Map<String, String> named = new TreeMap<>(settings);
        named.merge("application_name", "app - " + peer, (name, added) -> name + " - " + peer);
        return with(named);
    }
}
