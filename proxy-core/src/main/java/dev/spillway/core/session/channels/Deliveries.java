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
 * @param <M> messages on their way
 */
public final class Deliveries<C, M> {
    /** So much is told together. Few clients' buffers are that small. */
    static final int MOST_BYTES = 64 << 10;

    /** Clients who are told little before the lane goes on. */
    static final int AT_ONCE = 128;

    /** What counts as much as one more client. */
    private static final int BYTES_OF_CLIENT = 1 << 10;

    /** How they are told. */
    public interface Outlet<C, M> {
        /** Makes one of several, which are told together; they are {@linkplain #release released} when some clients have been told. */
        M together(List<byte[]> messages);

        /** Tells them to {@code client}, which may have gone; borrows {@code messages}. */
        void tell(C client, M messages);

        void release(M messages);

        /** How much may be told together; one message may have more. */
        int mostBytes();
    }

    private final Outlet<C, M> outlet;
    private final Consumer<Runnable> later;
    private final Deque<Step<C>> steps = new ArrayDeque<>();
    private boolean isRunning;
    private boolean isWaiting;
    private boolean isEnding;

    /** Something to be told or, if there is nobody to be told to, to be done. */
    private static final class Step<C> {
        private final Object audience;
        private final Supplier<List<C>> clients;
        private final Runnable end;
        private final List<byte[]> messages = new ArrayList<>(1);
        private int bytes;
        /** Who is still to be told; null: it has not begun. */
        private @Nullable Iterator<C> left;

        Step(Object audience, Supplier<List<C>> clients, Runnable end) {
            this.audience = audience;
            this.clients = clients;
            this.end = end;
        }

        boolean takes(Object sameAudience, int moreBytes, int mostBytes) {
            return left == null && audience.equals(sameAudience) && bytes + moreBytes <= mostBytes;
        }

        void add(byte[] message) {
            messages.add(message);
            bytes += message.length;
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
    public void tell(Object audience, Supplier<List<C>> clients, byte[] message) {
        Step<C> last = steps.peekLast();
        if (last == null || !last.takes(audience, message.length, Math.min(MOST_BYTES, outlet.mostBytes()))) {
            last = new Step<>(audience, clients, () -> {});
            steps.add(last);
        }
        last.add(message);
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
        for (Step<C> step = steps.peek(); step != null && room > 0; step = steps.peek()) {
            if (step.left == null) {
                List<C> clients = step.clients.get();
                if (isFirst && !isEnding && clients.size() > AT_ONCE) {
                    return;
                }
                step.left = clients.iterator();
            }
            room = step.left.hasNext() ? tell(step, step.left, room) : room;
            if (!step.left.hasNext()) {
                steps.remove();
                room--;
                step.end.run();
            }
        }
    }

    /** What is left of {@code room}. */
    private int tell(Step<C> step, Iterator<C> clients, int room) {
        M told = outlet.together(step.messages);
        try {
            int rest = room;
            while (rest > 0 && clients.hasNext()) {
                outlet.tell(clients.next(), told);
                rest -= 1 + step.bytes / BYTES_OF_CLIENT;
            }
            return rest;
        } finally {
            outlet.release(told);
        }
    }
}
