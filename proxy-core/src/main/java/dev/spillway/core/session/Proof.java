package dev.spillway.core.session;

import dev.spillway.core.auth.ClientAuth;
import dev.spillway.core.auth.StoredSecret;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How a client has to prove who it is, or what has to be known first. A {@link ClientLogin.Reception} makes it. Immutable. */
public sealed interface Proof {
    /**
     * The client has to satisfy {@code machine}.
     *
     * @param as what it asks for, by the name of the user it is then
     * @param secret what was found out about the user's password; null: nothing that was not known
     */
    record By(
            ClientAuth machine, StartupRequest as, @Nullable StoredSecret secret) implements Proof {}

    /** PostgreSQL is asked about the user; {@code next} is told what that has found and may refuse the client by {@link Refused}. */
    record After(UserLookup lookup, Function<@Nullable FoundUser, By> next) implements Proof {}

    /** The client has to satisfy {@code machine}, and is who it says then. */
    static Proof by(ClientAuth machine, StartupRequest request) {
        return new By(machine, request, null);
    }
}
