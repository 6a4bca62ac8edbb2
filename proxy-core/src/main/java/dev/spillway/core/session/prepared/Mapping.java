package dev.spillway.core.session.prepared;

import io.netty.buffer.ByteBuf;

/**
 * A name that a client has given to a statement. As a {@link Step} it is each use of that name, by Bind or Describe: so a use
 * allocates nothing.
 */
public final class Mapping extends Step {
    private final StatementName key;
    private final Renaming renaming;
    private final Statement statement;
    private final StatementStore store;
    private boolean isReleased;

    /** Takes over one use of {@code statement} that the store counts. */
    Mapping(StatementName key, byte[] clientName, Statement statement, StatementStore store) {
        this.key = key;
        this.renaming = new Renaming(statement.name(), clientName);
        this.statement = statement;
        this.store = store;
    }

    StatementName key() {
        return key;
    }

    public Statement statement() {
        return statement;
    }

    /** Its use by the name in {@code [from, to)}, which may differ from the client's first where PostgreSQL does not care. */
    public Step usedAs(ByteBuf buffer, int from, int to) {
        if (to - from <= StatementName.SIGNIFICANT_BYTES) {
            return this;
        }
        byte[] name = new byte[to - from];
        buffer.getBytes(from, name);
        return new Mapping(key, name, statement, store);
    }

    /** The name is given up, for good. Repeating it does nothing. */
    void release() {
        if (!isReleased) {
            isReleased = true;
            store.release(statement);
        }
    }

    @Override
    public boolean isChange() {
        return false;
    }

    @Override
    public Renaming renaming() {
        return renaming;
    }
}
