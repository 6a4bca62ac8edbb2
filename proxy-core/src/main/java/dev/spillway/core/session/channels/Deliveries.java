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
    /** More is not told together. */
    static final int MOST_BYTES = 64 << 10;

    /** Clients who are told little before the lane goes on. */
    static final int AT_ONCE = 128;

    /** What counts as much as one more client. */
    private static final int BYTES_OF_CLIENT = 1 << 10;

    /** How they are told. */
    public interface Outlet<C, M> {
        /** Makes one of several, which are told together; it is {@linkplain #release released} when all have been told. */
        M together(List<byte[]> messages, int bytes);

        /** Tells them to {@code client}, which may have gone; borrows {@code messages}. */
        void tell(C client, M messages);

        void release(M messages);

        /** How much may be told together; one message may have more. */
        int mostBytes();
    }

    private final Outlet<C, M> outlet;
    private final Consumer<Runnable> later;
    private final Deque<Step<C>> steps = new ArrayDeque<>();
    /** What the first step tells; null: it has not begun, or tells nobody anything. */
    private @Nullable M told;

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
            room -= tell(step, step.left, room);
            if (!step.left.hasNext()) {
                finish(step);
                room--;
            }
        }
    }

    /** Tells as many as there is {@code room} for, and returns how much of it that took. */
    private int tell(Step<C> step, Iterator<C> clients, int room) {
        int took = 0;
        while (took < room && clients.hasNext()) {
            M messages = told == null ? outlet.together(step.messages, step.bytes) : told;
            told = messages;
            outlet.tell(clients.next(), messages);
            took += 1 + step.bytes / BYTES_OF_CLIENT;
        }
        return took;
    }

    private void finish(Step<C> step) {
        steps.remove();
        M messages = told;
        if (messages != null) {
            told = null;
            outlet.release(messages);
        }
        step.end.run();
    }
}
