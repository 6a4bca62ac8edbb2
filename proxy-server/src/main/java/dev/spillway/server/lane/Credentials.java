package dev.spillway.server.lane;

import dev.spillway.core.auth.AccessRules;
import dev.spillway.core.auth.PasswordJudges;
import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.UserConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of users' passwords: those of the configuration, else those of auth_file; and who has to prove what. Immutable, but
 * for what logins teach.
 */
public final class Credentials {
    private final Map<String, StoredSecret> secrets;
    private final LoginFiles files;
    private final LearnedSecrets learned;

    /** {@code learned} outlives the configuration. */
    public Credentials(ProxyConfig config, LoginFiles files, LearnedSecrets learned) {
        Map<String, StoredSecret> all = new HashMap<>(files.secrets());
        for (UserConfig user : config.users().values()) {
            Secret password = user.password();
            if (password != null) {
                all.put(user.name(), StoredSecret.parse(password.reveal()));
            }
        }
        this.secrets = Map.copyOf(all);
        this.files = files;
        this.learned = learned;
    }

    /** How which clients prove who they are, if auth_hba_file says it. */
    AccessRules rules() {
        return files.rules();
    }

    /** The system's users by their numbers. */
    Map<Integer, String> systemUsers() {
        return files.systemUsers();
    }

    /** Whom clients' passwords are asked of. */
    PasswordJudges judges() {
        return files.judges();
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

    /** What to log in to the server of {@code database} with, as {@code user}; null: nothing is known. */
    @Nullable
    StoredSecret forServer(DatabaseConfig database, String user) {
        Secret password = database.password();
        if (password != null && user.equals(database.user())) {
            return StoredSecret.parse(password.reveal());
        }
        return learned.orKnown(database.name(), user, of(user));
    }

    /** {@code user} has logged in to {@code database}, which has taught us that; null: nothing. */
    void learn(String database, String user, @Nullable StoredSecret secret, boolean isJudgedByOthers) {
        if (isJudgedByOthers && secret != null) {
            learned.learnJudged(database, user, secret);
        } else {
            learned.learn(database, user, secret);
        }
    }
}
