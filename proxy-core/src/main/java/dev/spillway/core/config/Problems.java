package dev.spillway.core.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects everything that is wrong with a configuration, so that a person corrects it once and not line by line. Used
 * by
 * one thread while a configuration is read. Its texts never contain the value of a secret.
 */
public final class Problems {
    private final List<Problem> found = new ArrayList<>();

    public void add(Source source, String text) {
        found.add(new Problem(source, text));
    }

    /** Adds "unknown WHAT 'NAME'WHERE" with the closest of the known names, if one is close. */
    public void addUnknown(Source source, String what, String name, String where, Iterable<String> knownNames) {
        @Nullable String closest = DidYouMean.closest(name, knownNames);
        String hint = closest == null ? "" : ": did you mean '" + closest + "'?";
        add(source, "unknown " + what + " '" + name + "'" + where + hint);
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    /** What was found so far, in the order of the finding. */
    public List<Problem> found() {
        return List.copyOf(found);
    }

    /** Ends the reading of a configuration that has a problem. */
    public void throwIfAny() throws ConfigException {
        if (!isEmpty()) {
            throw new ConfigException(found());
        }
    }
}
