package dev.spillway.core.session.state;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SessionState;
import dev.spillway.core.config.StateCheck;
import dev.spillway.core.config.UserConfig;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is configured about the session state of the clients of a pool. Immutable.
 *
 * @param isAlways whether every transaction is suspected
 * @param customSettings names of settings that are asked for each time
 * @param resetsAlways whether the reset query runs after each transaction; only where nothing is tracked
 * @param maxPinned how many servers of the pool clients may keep, for what cannot move
 * @param pinIdleTimeout how long such a client may ask for nothing; zero: for ever
 * @param followed names, in lower case, of settings that follow their client by what the server reports of them, where nothing is tracked
 */
public record StatePolicy(
        SessionState how,
        boolean isAlways,
        Vocabulary vocabulary,
        Set<String> customSettings,
        boolean resetsAlways,
        int maxPinned,
        Duration pinIdleTimeout,
        Set<String> followed) {
    /** PgBouncer has these whatever is configured. */
    private static final Set<String> ALWAYS_FOLLOWED =
            Set.of("client_encoding", "datestyle", "timezone", "standard_conforming_strings", "application_name");

    /** Nobody cares. */
    public static final StatePolicy IGNORE = new StatePolicy(
            SessionState.IGNORE, false, new Vocabulary(Set.of()), Set.of(), false, 0, Duration.ZERO, Set.of());

    /** For the pool of {@code user} to {@code database}: the user's word, else the database's. */
    public static StatePolicy of(ProxyConfig config, DatabaseConfig database, @Nullable UserConfig user) {
        SessionState ofUser = user == null ? null : user.sessionState();
        SessionState ofDatabase = Objects.requireNonNullElse(database.sessionState(), config.sessionState());
        SessionState how = Objects.requireNonNullElse(ofUser, ofDatabase);
        return new StatePolicy(
                how,
                config.sessionStateCheck() == StateCheck.ALWAYS,
                new Vocabulary(config.suspectFunctions()),
                inLowerCase(config.customSettings()),
                how == SessionState.RESET && config.serverResetQueryAlways(),
                config.maxPinnedServers(),
                config.pinIdleTimeout(),
                how == SessionState.TRACK ? Set.of() : followed(config.trackExtraParameters()));
    }

    /** What PgBouncer follows from client to client, in lower case: {@code extra} is configured. */
    public static Set<String> followed(Set<String> extra) {
        Set<String> names = new TreeSet<>(ALWAYS_FOLLOWED);
        names.addAll(inLowerCase(extra));
        return Set.copyOf(names);
    }

    private static Set<String> inLowerCase(Set<String> names) {
        return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    }
}
