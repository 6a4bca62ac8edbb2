package dev.spillway.core.session;

import dev.spillway.core.auth.KeyDerivation;
import dev.spillway.core.auth.PasswordQuestion;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.prepared.StatementStore;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;

/** A lane without a loop: time stands still, cancel connections end when the test says so. */
final class FakePorts implements SessionPorts {
    final Queue<CancelEnd> cancels = new ArrayDeque<>();
    final List<CancelKey> registered = new ArrayList<>();
    final StatementStore statements = new StatementStore();
    final FakeLog log = new FakeLog();
    final List<String> listens = new ArrayList<>();
    final Queue<Moved> moves = new ArrayDeque<>();
    TimeLimits limits = TimeLimits.NONE;
    boolean isDatabaseGone;
    long nanos = 1_000_000_000_000L;

    @Override
    public StatementStore statements() {
        return statements;
    }

    @Override
    public long nowMillis() {
        return 0;
    }

    @Override
    public long nowNanos() {
        return nanos;
    }

    @Override
    public void sendCancel(Wire server, CancelKey key, CancelEnd ended) {
        cancels.add(ended);
    }

    @Override
    public boolean register(CancelKey key, ClientSession client) {
        registered.add(key);
        if (isDatabaseGone) {
            client.close(ProxyError.DATABASE_REMOVED.fields("db"));
        }
        return !isDatabaseGone;
    }

    @Override
    public void unregister(CancelKey key) {
        registered.remove(key);
    }

    @Override
    public void derive(KeyDerivation derivation, Derived done) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void ask(PasswordQuestion question, Judged done) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void listen(ClientSession client, Set<String> before, Set<String> after, Moved done) {
        listens.add(before + " -> " + after);
        moves.add(done);
    }

    @Override
    public TimeLimits limitsOf(ClientIdentity client) {
        return limits;
    }

    @Override
    public ConnectionLog log() {
        return log;
    }
}
