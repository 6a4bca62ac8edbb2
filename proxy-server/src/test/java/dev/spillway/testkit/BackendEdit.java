package dev.spillway.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A deliberate fault: what a {@link ChaosRelay} passes on in place of each message from PostgreSQL. Called by one thread at a time. */
@FunctionalInterface
public interface BackendEdit {
    List<BackendMessage> replace(BackendMessage message);

    /** The first message that matches is changed, the others pass. */
    static BackendEdit alterOnce(Predicate<BackendMessage> which, UnaryOperator<BackendMessage> change) {
        return once(which, message -> List.of(change.apply(message)));
    }

    static BackendEdit dropOnce(Predicate<BackendMessage> which) {
        return once(which, message -> List.of());
    }

    static BackendEdit doubleOnce(Predicate<BackendMessage> which) {
        return once(which, message -> List.of(message, message));
    }

    /** The first message that matches is held back until the next one that matches, and follows it. */
    static BackendEdit swapOnce(Predicate<BackendMessage> which) {
        return new BackendEdit() {
            private @Nullable BackendMessage held;
            private boolean done;

            @Override
            public List<BackendMessage> replace(BackendMessage message) {
                if (done || !which.test(message)) {
                    return List.of(message);
                }
                BackendMessage first = held;
                if (first == null) {
                    held = message;
                    return List.of();
                }
                done = true;
                return List.of(message, first);
            }
        };
    }

    private static BackendEdit once(Predicate<BackendMessage> which, BackendEdit fault) {
        return new BackendEdit() {
            private boolean done;

            @Override
            public List<BackendMessage> replace(BackendMessage message) {
                if (done || !which.test(message)) {
                    return List.of(message);
                }
                done = true;
                return new ArrayList<>(fault.replace(message));
            }
        };
    }
}
