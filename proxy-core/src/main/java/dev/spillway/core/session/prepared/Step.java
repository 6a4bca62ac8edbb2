package dev.spillway.core.session.prepared;

import org.jspecify.annotations.Nullable;

/**
 * What a message that was sent means for prepared statements. The books are written as if all that was sent succeeded, which
 * within a group is certain: after an error the server discards the rest. A step takes back what was written.
 *
 * <p>It belongs to one entry of a reply queue, which calls one of these verbs, once, in the order of the queue; where an error drops
 * several, the newest first.
 */
public abstract class Step {
    /** A message that means nothing. */
    public static Step none() {
        return PlainStep.NONE;
    }

    /** A statement that may make the session forget others; its tag says whether it has. */
    public static Step doubt() {
        return PlainStep.DOUBT;
    }

    /** A message that carries another name than the client gave. */
    public static Step renamed(Renaming renaming) {
        return new PlainStep(false, renaming);
    }

    /** The server has done it. */
    public void answered() {}

    /** The server has discarded it for the error of another, or it was never sent and never will be. */
    public void dropped() {}

    /** The server has answered it with an error. */
    public void failed() {
        dropped();
    }

    /** Does it change who has prepared what? Then what later groups mean is certain only once it is answered. */
    public boolean isChange() {
        return true;
    }

    /** Does its message carry a name that by the books a server knows, or is made to know? */
    public boolean isOfBooks() {
        return true;
    }

    /** The name in it that must not be shown to the client; null: there is none. */
    public @Nullable Renaming renaming() {
        return null;
    }
}
