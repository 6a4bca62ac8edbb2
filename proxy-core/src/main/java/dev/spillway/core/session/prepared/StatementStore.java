package dev.spillway.core.session.prepared;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All statements that a client or a server has now, each once. One per process, shared by its lanes; asked when a statement is
 * prepared, closed or evicted, never when it is used.
 */
public final class StatementStore {
    private final ConcurrentHashMap<StatementKey, Statement> statements = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();

    /** The statement of that key, with one user more: {@link #release} must follow. */
    public Statement intern(StatementKey key) {
        return statements.compute(key, (same, known) -> {
            Statement statement = known == null ? new Statement(numbers.incrementAndGet(), same) : known;
            statement.users++;
            return statement;
        });
    }

    /** A context that is like no other, for a statement parsed under settings that nobody knows here. */
    public List<String> ownContext() {
        return List.of("unknown " + numbers.incrementAndGet());
    }

    /** A statement whose text is not kept. */
    public Statement unkept() {
        return new Statement(numbers.incrementAndGet(), null);
    }

    /** One user more. */
    void retain(Statement statement) {
        StatementKey key = statement.key();
        if (key != null) {
            statements.compute(key, (same, known) -> {
                statement.users++;
                return known == null ? statement : known;
            });
        }
    }

    /** One user less; with the last it is forgotten. */
    void release(Statement statement) {
        StatementKey key = statement.key();
        if (key != null) {
            statements.computeIfPresent(key, (same, known) -> {
                statement.users--;
                return known == statement && statement.users == 0 ? null : known;
            });
        }
    }

    /** Those there are now. */
    public Collection<Statement> all() {
        return Collections.unmodifiableCollection(statements.values());
    }

    public int size() {
        return statements.size();
    }
}
