package dev.spillway.core.session.prepared;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A name that a client has given to a statement. As a {@link Step} it is each use of that name, by Bind or Describe: so a use
 * allocates nothing.
 */
public final class Mapping extends Step {
    private final StatementName key;
    private final Renaming renaming;
    private final Statement statement;
    private final StatementStore store;
    private final int moment;
    /** What the client knows of it, or could; null: nothing. */
    private @Nullable Plan told;

    private boolean isReleased;

    /** Takes over one use of {@code statement} that the store counts. The client has parsed it at that moment of the store's. */
    Mapping(StatementName key, byte[] clientName, Statement statement, StatementStore store, int moment) {
        this.key = key;
        this.renaming = new Renaming(statement.name(), clientName);
        this.statement = statement;
        this.store = store;
        this.moment = moment;
    }

    StatementName key() {
        return key;
    }

    int moment() {
        return moment;
    }

    public Statement statement() {
        return statement;
    }

    /** The plan whose shape the client was last told; null: none, or one that came to nothing. */
    public @Nullable Plan told() {
        Plan last = told;
        return last != null && (last.hasShape() || last.isOpen()) ? last : null;
    }

    /** The client was told the shape of {@code plan}, or is going to see rows of it without having been told of any other. */
    public void tell(Plan plan) {
        told = plan;
    }

    /** Is {@code plan}, that of a server, what the client was last told, and the newest? */
    // hot: once per Bind of a named statement
    @SuppressWarnings("ReferenceEquality") // one per Parse
    public boolean isCurrent(Plan plan) {
        return plan == told && !plan.isOutdated();
    }

    /** Its use by the name in {@code [from, to)}, which may differ from the client's first where PostgreSQL does not care. */
    public Step usedAs(ByteBuf buffer, int from, int to) {
        if (to - from <= StatementName.SIGNIFICANT_BYTES) {
            return this;
        }
        byte[] name = new byte[to - from];
        buffer.getBytes(from, name);
        Mapping use = new Mapping(key, name, statement, store, moment);
        use.told = told;
        return use;
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
