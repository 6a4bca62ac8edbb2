package dev.spillway.core.session.prepared;

/**
 * An Execute of a DEALLOCATE that names the placeholder, or what is nobody's, in the place of what its client calls a statement: if it does not
 * run, nothing is taken away. Confined to the server's lane.
 */
public final class Deallocation extends Step {
    private final ServerStatements server;
    private final Renaming renaming;
    private final boolean isThere;

    /** Is there such a statement by the books ({@code isThere})? Else PostgreSQL says that there is none. */
    public Deallocation(ServerStatements server, Renaming renaming, boolean isThere) {
        this.server = server;
        this.renaming = renaming;
        this.isThere = isThere;
    }

    @Override
    public void dropped() {
        server.deallocates(null);
    }

    @Override
    public boolean isOfBooks() {
        return isThere;
    }

    @Override
    public Renaming renaming() {
        return renaming;
    }
}
