package dev.spillway.core.session.prepared;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * All statements that a client or a server has now, each once. One per process, shared by its lanes; asked when a statement is
 * prepared, closed or evicted, never when it is used.
 */
public final class StatementStore {
    private final ConcurrentHashMap<StatementKey, Statement> statements = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    /** How often anything was defined anew that statements may rest on. */
    private final AtomicInteger definitions = new AtomicInteger();

    /** The statement of that key, to which a client gives a name: {@link #release} must follow. */
    public Statement intern(StatementKey key, long nowNanos) {
        return statements.compute(key, (same, known) -> {
            Statement statement = known == null ? new Statement(numbers.incrementAndGet(), same, nowNanos) : known;
            statement.names.incrementAndGet();
            return statement;
        });
    }

    /** The statement of that key, if anybody has it. */
    public @Nullable Statement find(StatementKey key) {
        return statements.get(key);
    }

    /** A moment: what was parsed at an earlier one may mean tables and types that are not what they were. */
    int moment() {
        return definitions.get();
    }

    /** A statement has run that defines tables, types or the like, or what it did has come into effect or been undone. */
    void onDefinition() {
        definitions.incrementAndGet();
    }

    /** A context that is like no other, for a statement parsed under settings that nobody knows here. */
    public List<String> ownContext() {
        return List.of("unknown " + numbers.incrementAndGet());
    }

    /** A statement whose text is not kept. */
    public Statement unkept(long nowNanos) {
        return new Statement(numbers.incrementAndGet(), null, nowNanos);
    }

    /** A server is going to know it: {@link #leftServer} must follow. */
    void onServer(Statement statement) {
        change(statement, statement.servers::incrementAndGet);
    }

    void leftServer(Statement statement) {
        change(statement, statement.servers::decrementAndGet);
    }

    /** A client has given up a name of it. */
    void release(Statement statement) {
        change(statement, statement.names::decrementAndGet);
    }

    /** One that nobody has any more is forgotten. */
    private void change(Statement statement, Runnable change) {
        StatementKey key = statement.key();
        if (key != null) {
            statements.compute(key, (same, known) -> {
                change.run();
                boolean isUsed = statement.names() + statement.servers() > 0;
                return known == statement || known == null ? (isUsed ? statement : null) : known;
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
