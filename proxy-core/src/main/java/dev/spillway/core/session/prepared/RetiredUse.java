package dev.spillway.core.session.prepared;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A use of a {@linkplain Statement#isRetired retired} statement on a server that does not know it: the server is asked for a statement
 * that no server has, so that the transaction fails there, and the client is told what it would have been told by a server that knew its
 * statement ({@code RevalidateCachedQuery()} in {@code src/backend/utils/cache/plancache.c}).
 */
public final class RetiredUse extends Step {
    public static final Step STEP = new RetiredUse();

    /** Not a name that a statement of ours gets: these end in a number. */
    public static final byte[] NO_STATEMENT = (Statement.PREFIX + "?").getBytes(StandardCharsets.US_ASCII);

    private static final Renaming RENAMING = new Renaming(NO_STATEMENT, new byte[0]);

    private RetiredUse() {}

    @Override
    public boolean isChange() {
        return false;
    }

    @Override
    public boolean isOfBooks() {
        return false;
    }

    @Override
    public @Nullable Renaming renaming() {
        return RENAMING;
    }
}
