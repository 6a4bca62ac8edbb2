package dev.spillway.core.session.prepared;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A use of a statement whose columns are others than its client was told: the server is asked for a statement that no server has, so that
 * the transaction fails there, and the client is told what a direct connection would have told it ({@code RevalidateCachedQuery()}
 * in {@code src/backend/utils/cache/plancache.c}).
 */
public final class ChangedUse extends Step {
    public static final Step STEP = new ChangedUse();

    /** Not a name that a statement of ours gets: these end in a number. */
    public static final byte[] NO_STATEMENT = (Statement.PREFIX + "?").getBytes(StandardCharsets.US_ASCII);

    private static final Renaming RENAMING = new Renaming(NO_STATEMENT, new byte[0]);

    private ChangedUse() {}

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
