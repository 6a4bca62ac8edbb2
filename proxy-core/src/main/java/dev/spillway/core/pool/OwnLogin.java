package dev.spillway.core.pool;

import dev.spillway.core.protocol.startup.Replication;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the server of one replication client logs in: as that client did. Nobody else can use such a server, so this is a
 * part of the {@link PoolKey}, and two of them are never equal.
 *
 * <p>Immutable. It prints nothing, for values of settings may be secrets of the application's.
 */
public final class OwnLogin {
    private final Replication replication;
    private final Map<String, String> settings;

    /** {@code settings} are those the client starts with. */
    public OwnLogin(Replication replication, Map<String, String> settings) {
        this.replication = replication;
        this.settings = Collections.unmodifiableMap(new TreeMap<>(settings));
    }

    public Replication replication() {
        return replication;
    }

    public Map<String, String> settings() {
        return settings;
    }
}
