package dev.spillway.core.session;

import dev.spillway.core.auth.KeyDerivation;
import dev.spillway.core.auth.PasswordQuestion;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.prepared.StatementStore;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What sessions need of the lane they live on. Called on the lane's event loop. */
public interface SessionPorts {
    /** Monotonic time. */
    long nowNanos();

    /** The wall clock, for people. */
    long nowMillis();

    /**
     * Sends a CancelRequest to where {@code server} is connected, on a connection of its own.
     *
     * @param ended told, on this lane, when that connection has ended; true if the server has had the request for certain
     *     or certainly never will
     */
    void sendCancel(Wire server, CancelKey key, CancelEnd ended);

    /**
     * Ties a client's key to the client, so that cancel requests find it. A client of a pool that was retired while it
     * logged in moves to another, or is closed where there is none.
     *
     * @return whether it may go on; false: it was closed
     */
    boolean register(CancelKey key, ClientSession client);

    void unregister(CancelKey key);

    /** How long a client that logged in as {@code user} waits for a server, where most wait for {@code usual}. */
    default Duration waitTimeout(String user, Duration usual) {
        return usual;
    }

    /** Runs slow work (PBKDF2) elsewhere and hands its result back on this lane. */
    void derive(KeyDerivation derivation, Derived done);

    /** Asks another about a password, elsewhere, and hands the answer back on this lane. */
    void ask(PasswordQuestion question, Judged done);

    /**
     * A client, which is on this lane, listens to other channels than before. From when {@code done} is told, later and on this lane,
     * it gets all that comes on those it has come to, and nothing of those it has left. What had been sent before on channels it
     * listened to then has been {@linkplain ClientChannels#deliver delivered} by then. A client that is closed has left at once.
     */
    void listen(ClientSession client, Set<String> before, Set<String> after, Moved done);

    /** How long that client may take, as is configured now. */
    TimeLimits limitsOf(ClientIdentity client);

    /** What is prepared by whom, on all lanes. */
    StatementStore statements();

    /** Hears what an operator wants to know. */
    ConnectionLog log();

    /** How a cancel connection ended. */
    @FunctionalInterface
    interface CancelEnd {
        void ended(boolean isCertain);
    }

    /** How a client's channels came to where all clients' are. */
    @FunctionalInterface
    interface Moved {
        /** {@code error}: why they have not; null: they have. */
        void moved(@Nullable ErrorFields error);
    }

    /** The answer to a {@link PasswordQuestion}. */
    @FunctionalInterface
    interface Judged {
        /** {@code refusal}: why the client is not who it says; null: it is. */
        void judged(@Nullable String refusal);
    }

    /** The result of a derivation. */
    @FunctionalInterface
    interface Derived {
        void saltedPassword(byte[] saltedPassword);
    }
}
