package dev.spillway.core.stats;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * All connections, some at a time: thousands that are kept until the last has been read would be memory that a collection of garbage
 * has to copy, while all clients wait.
 */
public interface Connections {
    /** Some of them, read at one moment; {@code isLast}: there are no more. */
    record Portion(List<ConnectionFigures> found, boolean isLast) {}

    /** The next ones, on whatever thread. To be called again when that is done, by one thread at a time. */
    CompletableFuture<Portion> next();
}
