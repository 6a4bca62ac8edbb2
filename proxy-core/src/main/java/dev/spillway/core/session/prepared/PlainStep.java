package dev.spillway.core.session.prepared;

import org.jspecify.annotations.Nullable;

/** Of a message that names a statement but changes no books, or that may change them in ways which the tag will tell. */
final class PlainStep extends Step {
    static final Step NONE = new PlainStep(false, null);
    static final Step DOUBT = new PlainStep(true, null);

    private final boolean isChange;
    private final @Nullable Renaming renaming;

    PlainStep(boolean isChange, @Nullable Renaming renaming) {
        this.isChange = isChange;
        this.renaming = renaming;
    }

    @Override
    public boolean isChange() {
        return isChange;
    }

    @Override
    public boolean isOfBooks() {
        return false;
    }

    @Override
    public @Nullable Renaming renaming() {
        return renaming;
    }
}
