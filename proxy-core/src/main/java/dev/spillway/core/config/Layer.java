package dev.spillway.core.config;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One place that configuration comes from, as it was written: a file, the environment, the command line. Filled by its
 * reader, then given to {@link SettingsReader}; used by one thread.
 */
public final class Layer {
    private final RawTable global;
    private final Map<String, RawTable> databases = new LinkedHashMap<>();
    private final Map<String, RawTable> users = new LinkedHashMap<>();
    private boolean isUnreadable;
    private boolean mayHaveNoDatabase;
    private @Nullable Problems doubts;

    public Layer(Source source) {
        this.global = new RawTable(source);
    }

    /** The settings of the whole proxy. */
    public RawTable global() {
        return global;
    }

    /** The settings of a database, which this call defines. */
    public RawTable database(String name, Source source) {
        return databases.computeIfAbsent(name, key -> new RawTable(source));
    }

    /** The settings of a user, who is defined by this call. */
    public RawTable user(String name, Source source) {
        return users.computeIfAbsent(name, key -> new RawTable(source));
    }

    /** Whether this layer defines a database of exactly that name. */
    public boolean hasDatabase(String name) {
        return databases.containsKey(name);
    }

    /**
     * Says that this layer could not be understood as a whole, which its reader has reported: nothing that is missing
     * can be
     * held against the configuration.
     */
    public void markUnreadable() {
        isUnreadable = true;
    }

    /** Says that having no database is meant, and no oversight. */
    public void allowNoDatabase() {
        mayHaveNoDatabase = true;
    }

    /**
     * Says that settings which contradict each other or have no effect are no mistake in this layer's format: they are told to
     * {@code doubts}, whichever layer they stand in, and the configuration can be used all the same.
     */
    public void doubtOnly(Problems doubts) {
        this.doubts = doubts;
    }

    boolean mayHaveNoDatabase() {
        return mayHaveNoDatabase;
    }

    @Nullable
    Problems doubts() {
        return doubts;
    }

    boolean isUnreadable() {
        return isUnreadable;
    }

    Map<String, RawTable> databases() {
        return databases;
    }

    Map<String, RawTable> users() {
        return users;
    }
}
