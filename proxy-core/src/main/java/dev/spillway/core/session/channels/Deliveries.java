package dev.spillway.core.session.channels;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is to be told to clients of a lane, in order, and to some of many at a time: between them the lane serves its other connections,
 * however many listen. What comes meanwhile for the same audience is told together, for what counts is how often a client is written to.
 * Confined to the lane.
 *
 * @param <C> the clients
 * @param <M> the messages
 */
public final class Deliveries<C, M> {
    /** In the work of one more message to a client who is written to anyway; takes the lane well under a millisecond. */
    static final int AT_ONCE = 2048;

    static final int WORK_OF_CLIENT = 16;

    /** How they are told. */
    public interface Outlet<C, M> {
        /** Tells it to {@code client}, which may have gone. */
        void tell(C client, M message);

        /** All were told. */
        void release(M message);
    }

    private final Outlet<C, M> outlet;
    private final Consumer<Runnable> later;
    private final Deque<Step<C, M>> steps = new ArrayDeque<>();
    private boolean isRunning;
    private boolean isWaiting;
    private boolean isEnding;

    /** Something to be told or, if there is nobody to be told to, to be done. */
    private static final class Step<C, M> {
        private final Object audience;
        private final Supplier<List<C>> clients;
        private final Runnable end;
        private final List<M> messages = new ArrayList<>(1);
        /** Who is still to be told; null: it has not begun. */
        private @Nullable Iterator<C> left;

        Step(Object audience, Supplier<List<C>> clients, Runnable end) {
            this.audience = audience;
            this.clients = clients;
            this.end = end;
        }
    }

    /** {@code later} runs what it is given on the lane, when that has looked after its connections. */
    public Deliveries(Outlet<C, M> outlet, Consumer<Runnable> later) {
        this.outlet = outlet;
        this.later = later;
    }

    /**
     * Tells {@code message} to {@code clients}, who are asked for when all before have been told, and are the same for an equal {@code
     * audience}.
     */
    public void tell(Object audience, Supplier<List<C>> clients, M message) {
        Step<C, M> last = steps.peekLast();
        if (last == null || last.left != null || !last.audience.equals(audience)) {
            last = new Step<>(audience, clients, () -> {});
            steps.add(last);
        }
        last.messages.add(message);
        runUnlessBusy();
    }

    /** Runs {@code action} when all before have been told. */
    public void then(Runnable action) {
        steps.add(new Step<>(action, List::of, action));
        runUnlessBusy();
    }

    /** The lane ends: all that is left, and whatever still comes, is told at once. */
    public void end() {
        isEnding = true;
        if (!isRunning) {
            run();
        }
    }

    private void runUnlessBusy() {
        if (!isWaiting && !isRunning) {
            run();
        }
    }

    private void run() {
        boolean isFirst = !isWaiting;
        isRunning = true;
        isWaiting = false;
        try {
            tellSome(isFirst);
        } finally { // whatever has failed, the others are told
            isRunning = false;
            if (!steps.isEmpty()) {
                isWaiting = true;
                later.accept(this::run);
            }
        }
    }

    /** {@code isFirst}: a crowd waits until all has come that comes together. */
    private void tellSome(boolean isFirst) {
        int room = isEnding ? Integer.MAX_VALUE : AT_ONCE;
        for (Step<C, M> step = steps.peek(); step != null && room > 0; step = steps.peek()) {
            if (step.left == null) {
                List<C> clients = step.clients.get();
                if (isFirst && !isEnding && clients.size() * WORK_OF_CLIENT > AT_ONCE) {
                    return;
                }
                step.left = clients.iterator();
            }
            room = tell(step, step.left, room);
        }
    }

    /** What is left of {@code room}. */
    private int tell(Step<C, M> step, Iterator<C> clients, int room) {
        int rest = room;
        while (rest > 0 && clients.hasNext()) {
            C client = clients.next();
            step.messages.forEach(message -> outlet.tell(client, message));
            rest -= WORK_OF_CLIENT + step.messages.size();
        }
        if (!clients.hasNext()) {
            steps.remove();
            step.messages.forEach(outlet::release);
            rest -= WORK_OF_CLIENT;
            step.end.run();
        }
        return rest;
    }
}
