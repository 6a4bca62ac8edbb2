package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.ErrorFields;
import org.jspecify.annotations.Nullable;

/** Why a server ends, in its own words, if it has said. One per server. */
final class LastWords {
    private @Nullable ErrorFields words;
    private boolean wereTold;

    /** It has sent an error, which was passed on to its holder or not. Only a FATAL one is the last. */
    void hear(ErrorFields error, boolean isTold) {
        if (error.isFatal()) {
            words = error;
            wereTold = isTold;
        }
    }

    /** What it said, else {@code otherwise}. */
    String or(String otherwise) {
        return words == null ? otherwise : words.message();
    }

    /** Does its holder know? */
    boolean wereTold() {
        return wereTold;
    }
}
