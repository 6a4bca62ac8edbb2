package dev.spillway.server.lane;

import dev.spillway.core.auth.ScramKeys;
import dev.spillway.core.auth.ScramVerifier;
import dev.spillway.core.auth.StoredSecret;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What logins of clients have taught of their passwords and no configuration holds: what a look-up has found, the keys of
 * those who have proved themselves by SCRAM, and passwords that a directory or the system has found right. The proxy logs in to servers with it, in their names; no client is ever let in by
 * it. Usable from any thread.
 *
 * <p>It is kept by database, for one database's word about a user is worth nothing to another. The last login counts, and nothing
 * is forgotten before there is too much of it.
 */
public final class LearnedSecrets {
    private static final int MOST = 20_000;

    private record Who(String database, String user) {}

    private final Map<Who, StoredSecret> secrets = new ConcurrentHashMap<>();
    /** Passwords that another has found right in the last login. */
    private final Map<Who, StoredSecret> judged = new ConcurrentHashMap<>();

    /** {@code user} has logged in to {@code database}, and no other had to be asked about a password; null: it has taught nothing. */
    void learn(String database, String user, @Nullable StoredSecret secret) {
        Who who = new Who(database, user);
        judged.remove(who);
        if (secret != null) {
            makeRoom(secrets, who);
            secrets.merge(who, secret, LearnedSecrets::better);
        }
    }

    /** {@code user} has logged in to {@code database} with a password that another has found right. */
    void learnJudged(String database, String user, StoredSecret password) {
        Who who = new Who(database, user);
        makeRoom(judged, who);
        judged.put(who, password);
    }

    private static void makeRoom(Map<Who, StoredSecret> known, Who who) {
        if (known.size() >= MOST && !known.containsKey(who)) {
            known.keySet().stream().findAny().ifPresent(known::remove);
        }
    }

    /** Keys are worth more than the verifier that they fit. */
    private static StoredSecret better(StoredSecret before, StoredSecret now) {
        return now instanceof ScramVerifier verifier ? withKeys(verifier, before) : now;
    }

    private static StoredSecret withKeys(ScramVerifier verifier, @Nullable StoredSecret known) {
        return known instanceof ScramKeys keys && keys.verifier().equals(verifier) ? keys : verifier;
    }

    /**
     * What to log in with as {@code user}, of whom {@code configured} is known otherwise; null: nothing. A password that another has
     * found right is worth more than what a file has.
     */
    @Nullable
    StoredSecret orKnown(String database, String user, @Nullable StoredSecret configured) {
        Who who = new Who(database, user);
        StoredSecret right = judged.get(who);
        if (right != null) {
            return right;
        }
        StoredSecret learned = secrets.get(who);
        return switch (configured) {
            case null -> learned;
            case ScramVerifier verifier -> withKeys(verifier, learned);
            default -> configured;
        };
    }
}
