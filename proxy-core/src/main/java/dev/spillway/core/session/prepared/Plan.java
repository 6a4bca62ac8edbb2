package dev.spillway.core.session.prepared;

/**
 * A statement as one server has prepared it, with the shape of what it takes and gives: types of parameters, names and types of columns.
 * PostgreSQL keeps that for as long as the server has it ({@code RevalidateCachedQuery()} in {@code
 * src/backend/utils/cache/plancache.c}); another that prepares the same text later may have another shape.
 *
 * <p>As a {@link Step} it is the Describe behind its Parse, from whose answer the shape is known. Confined to the server's lane until then,
 * immutable afterwards.
 */
public final class Plan extends Step {
    private final Statement statement;
    private final int moment;
    private int epoch;
    private boolean isOpen;
    private long shape;

    /** Parsed at {@code moment} of the store's. */
    Plan(Statement statement, int moment) {
        this.statement = statement;
        this.moment = moment;
        this.epoch = statement.epoch();
    }

    public Statement statement() {
        return statement;
    }

    /** Has a server said since that the columns are others than they were? */
    // hot: once per Bind of a named statement
    public boolean isOutdated() {
        return epoch != statement.epoch();
    }

    /** Has anything been defined since, before the client of {@code mapping} parsed it? On a connection of its own it would not have this. */
    public boolean isBefore(Mapping mapping) {
        return moment - mapping.moment() < 0;
    }

    int epoch() {
        return epoch;
    }

    /** A Describe of it is sent. */
    public Step describing() {
        isOpen = true;
        return this;
    }

    /** Is its shape to come? */
    public boolean isOpen() {
        return isOpen;
    }

    /** Is its shape known? */
    public boolean hasShape() {
        return shape != 0;
    }

    /** The same, as far as a client could notice that has been told of the other? */
    public boolean isLike(Plan other) {
        return hasShape() && shape == other.shape;
    }

    /** It is the newest there is, and differs from {@code old}: no server is to use one from before any more. */
    public void supersede(Plan old) {
        statement.outdate(old);
        epoch = statement.epoch();
    }

    void learn(long described) {
        shape = statement.hasAnyColumns() ? 1 : described;
        isOpen = false;
    }

    @Override
    public void dropped() {
        isOpen = false;
    }

    @Override
    public boolean isChange() {
        return false;
    }
}
