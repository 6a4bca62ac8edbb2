package dev.spillway.server.lane;

import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.UserConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is known of users' passwords: those of the configuration, else those of auth_file. Immutable. */
public final class Credentials {
    private final Map<String, StoredSecret> secrets;

    /** {@code fromFile} is what auth_file holds. */
    public Credentials(ProxyConfig config, Map<String, StoredSecret> fromFile) {
        Map<String, StoredSecret> all = new HashMap<>(fromFile);
        for (UserConfig user : config.users().values()) {
            Secret password = user.password();
            if (password != null) {
                all.put(user.name(), StoredSecret.parse(password.reveal()));
            }
        }
        this.secrets = Map.copyOf(all);
    }

    /** Null if the user is unknown. */
    @Nullable
    StoredSecret of(String user) {
        return secrets.get(user);
    }

    /** Of whom anything is known. */
    Set<String> users() {
        return secrets.keySet();
    }

    /** What to log in to the server of {@code database} with, as {@code user}. */
    @Nullable
    StoredSecret forServer(DatabaseConfig database, String user) {
        Secret password = database.password();
        return password != null && user.equals(database.user()) ? StoredSecret.parse(password.reveal()) : of(user);
    }
}
