package dev.spillway.server.demo;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What has to be closed again, the newest first. {@link #close} may come from another thread at any moment, for a signal
 * does; it waits for an opening that is under way, so nothing that was started is forgotten.
 */
final class Teardown implements AutoCloseable {
    /** Opens something; called once. */
    @FunctionalInterface
    interface Opening<T, E extends Exception> {
        T open() throws E;
    }

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private volatile boolean isOver;

    /** Opens something and keeps it for {@link #close}; interrupted if that has come already. */
    synchronized <T extends AutoCloseable, E extends Exception> T open(Opening<T, E> opening)
            throws E, InterruptedException {
        if (isOver) {
            throw new InterruptedException("the demo is ending");
        }
        T opened = opening.open();
        open.push(opened);
        return opened;
    }

    /** Whether {@link #close} has been called: errors are no news any more. */
    boolean isOver() {
        return isOver;
    }

    /** Closes everything; what fails to close does not keep the rest open. Repeating it does nothing. */
    @Override
    public void close() {
        isOver = true;
        synchronized (this) {
            while (!open.isEmpty()) {
                closeQuietly(open.pop());
            }
        }
    }

    private static void closeQuietly(AutoCloseable thing) {
        try {
            thing.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            // The process is about to end, and nobody is left to whom this would matter.
            org.slf4j.LoggerFactory.getLogger(Teardown.class).debug("closing failed", e);
        }
    }
}
