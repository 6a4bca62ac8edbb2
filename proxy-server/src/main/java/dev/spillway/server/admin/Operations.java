package dev.spillway.server.admin;

import dev.spillway.core.protocol.trace.TrafficListener;
import dev.spillway.core.session.Ending;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What operators can do to a running proxy: the commands of the console beside SHOW. Usable from any thread.
 *
 * <p>What is returned is completed when it is done, on whatever thread, or fails with {@link
 * dev.spillway.core.session.Refused}. Whoever {@linkplain CompletableFuture#cancel cancels} one that waits takes back
 * what it has begun; whoever completes it only stops waiting. {@code database} null: all of them.
 */
public interface Operations {
    /** Takes servers from those databases; done when they have none. */
    CompletableFuture<Void> pause(@Nullable String database);

    CompletableFuture<Void> resume(@Nullable String database);

    /** Reads nothing more from any client or server; done when what was written to them has left. RESUME of all ends it. */
    CompletableFuture<Void> suspend();

    /** Nobody is at the console any more. */
    void onUnattended();

    /** Has every server closed when it is released, and another one opened where it is needed. */
    CompletableFuture<Void> reconnect(@Nullable String database);

    /** Pauses, and disconnects all clients and servers at once. */
    CompletableFuture<Void> kill(@Nullable String database);

    /** Disconnects the client of that number in SHOW CLIENTS. */
    CompletableFuture<Void> killClient(long id);

    /** Has {@code listener} told of the messages of the client of that number; what is returned ends that. */
    CompletableFuture<Runnable> trace(long id, TrafficListener listener);

    /** Lets no new client in. */
    CompletableFuture<Void> disable(String database);

    CompletableFuture<Void> enable(String database);

    /** Done when no server is open that is to be closed when it is released. */
    CompletableFuture<Void> waitClose(@Nullable String database);

    /** Closes the servers that are idle now; whoever needs one gets another. */
    CompletableFuture<Void> cleanUp(@Nullable String database);

    /** Reads the configuration anew; what SET has set is forgotten. */
    CompletableFuture<Void> reload();

    /** Changes one setting until the next reload. Returns what there is to say about it; empty: nothing. */
    CompletableFuture<String> set(String name, String value);

    /** Begins to end the proxy. */
    void shutDown(Ending how);
}
