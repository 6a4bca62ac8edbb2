package dev.spillway.server.lane;

import dev.spillway.core.auth.ScramKeys;
import dev.spillway.core.auth.ScramVerifier;
import dev.spillway.core.auth.StoredSecret;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What logins of clients have taught of their passwords and no configuration holds: what a look-up has found, and the keys of
 * those who have proved themselves by SCRAM. The proxy logs in to servers with it, in their names; no client is ever let in by
 * it. Usable from any thread.
 *
 * <p>It is kept by database, for one database's word about a user is worth nothing to another. The last login counts, and nothing
 * is forgotten before there is too much of it.
 */
public final class LearnedSecrets {
    private static final int MOST = 20_000;

    private record Who(String database, String user) {}

    private final Map<Who, StoredSecret> secrets = new ConcurrentHashMap<>();

    /** {@code user} has logged in to {@code database}. */
    void learn(String database, String user, StoredSecret secret) {
        Who who = new Who(database, user);
        if (secrets.size() >= MOST && !secrets.containsKey(who)) {
            secrets.keySet().stream().findAny().ifPresent(secrets::remove);
        }
        secrets.merge(who, secret, LearnedSecrets::better);
    }

    /** Keys are worth more than the verifier that they fit. */
    private static StoredSecret better(StoredSecret before, StoredSecret now) {
        return now instanceof ScramVerifier verifier ? withKeys(verifier, before) : now;
    }

    private static StoredSecret withKeys(ScramVerifier verifier, @Nullable StoredSecret known) {
        return known instanceof ScramKeys keys && keys.verifier().equals(verifier) ? keys : verifier;
    }

    /** What the last login as {@code user} has taught; null: nothing. */
    @Nullable
    StoredSecret find(String database, String user) {
        return secrets.get(new Who(database, user));
    }

    /** What to log in with as {@code user}, of whom {@code configured} is known otherwise; null: nothing. */
    @Nullable
    StoredSecret orKnown(String database, String user, @Nullable StoredSecret configured) {
        StoredSecret learned = find(database, user);
        return switch (configured) {
            case null -> learned;
            case ScramVerifier verifier -> withKeys(verifier, learned);
            default -> configured;
        };
    }
}
