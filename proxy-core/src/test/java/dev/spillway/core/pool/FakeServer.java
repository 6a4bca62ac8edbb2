package dev.spillway.core.pool;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server that does nothing but be open or closed, and tells its slice of a pool of it as a real one does. */
final class FakeServer implements PooledServer {
    final List<String> closeReasons = new ArrayList<>();
    private final String name;
    /** Where it lives; another one when it has changed lanes. */
    Pool<FakeServer> pool;

    private final VirtualTime time;
    private final long openedAt;
    long idleSince;
    int checks;
    private boolean isChecked;

    @Nullable
    Object affinity;

    FakeServer(String name, Pool<FakeServer> pool, VirtualTime time) {
        this.name = name;
        this.pool = pool;
        this.time = time;
        this.openedAt = time.nanos;
        this.idleSince = openedAt;
    }

    boolean isChecked() {
        return isChecked;
    }

    boolean isClosed() {
        return !closeReasons.isEmpty();
    }

    /** As its session would when it is clean. */
    void giveBack() {
        idleSince = time.nanos;
        isChecked = false;
        pool.release(this, time.nanos);
    }

    @Override
    public long openedAtNanos() {
        return openedAt;
    }

    @Override
    public long idleSinceNanos() {
        return idleSince;
    }

    @Override
    public @Nullable Object affinity() {
        return affinity;
    }

    @Override
    public void check() {
        checks++;
        isChecked = true;
    }

    @Override
    public void close(String reason) {
        closeReasons.add(reason);
        pool.onClosed(this, time.nanos);
    }

    @Override
    public String toString() {
        return name;
    }
}
