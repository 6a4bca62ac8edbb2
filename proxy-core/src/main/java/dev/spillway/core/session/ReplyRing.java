package dev.spillway.core.session;

import dev.spillway.core.session.ReplyQueue.Disposition;
import dev.spillway.core.session.ReplyQueue.Kind;
import dev.spillway.core.session.prepared.Step;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a {@link ReplyQueue}, the oldest first.
 *
 * <p>hot: one byte per entry in a ring that grows by doubling and is bounded by the session. The {@link Step}s have a ring of their own,
 * from the first on: a server on which nothing was prepared by name has none.
 */
final class ReplyRing {
    private static final int DISPOSITION_SHIFT = 4;
    private static final int DISPOSITION_MASK = 0x3;
    private static final int KIND_MASK = 0xf;
    private static final int MARK = 0x40;
    private static final int INITIAL_CAPACITY = 16;

    private byte[] ring = new byte[INITIAL_CAPACITY];
    private @Nullable Step @Nullable [] steps;
    private int head;
    private int size;

    int size() {
        return size;
    }

    void push(Kind kind, Disposition disposition, @Nullable Step step) {
        if (size == ring.length) {
            grow();
        }
        size++;
        set(size - 1, kind, disposition);
        if (step != null) {
            @Nullable Step[] all = steps;
            if (all == null) {
                all = new Step[ring.length];
                steps = all;
            }
            all[index(size - 1)] = step;
        }
    }

    private void grow() {
        byte[] larger = new byte[size * 2];
        @Nullable Step[] moreSteps = steps == null ? null : new Step[size * 2];
        for (int i = 0; i < size; i++) {
            larger[i] = ring[index(i)];
            if (moreSteps != null) {
                moreSteps[i] = stepAt(i);
            }
        }
        ring = larger;
        steps = moreSteps;
        head = 0;
    }

    /** Marks the entry that was added last, for whoever asks when its reply comes. */
    void markLast() {
        ring[index(size - 1)] |= MARK;
    }

    /** Is the next to be answered a marked one? */
    boolean isHeadMarked() {
        return size > 0 && (ring[head] & MARK) != 0;
    }

    /** Removes the oldest; returns its step. */
    @Nullable
    Step pop() {
        Step step = takeStep(0);
        head = (head + 1) & (ring.length - 1);
        size--;
        if (size == 0 && ring.length > INITIAL_CAPACITY * 16) {
            ring = new byte[INITIAL_CAPACITY];
            steps = null;
            head = 0;
        }
        return step;
    }

    /** Removes the step of the entry at {@code position} and returns it. */
    @Nullable
    Step takeStep(int position) {
        @Nullable Step[] all = steps;
        if (all == null) {
            return null;
        }
        Step step = all[index(position)];
        all[index(position)] = null;
        return step;
    }

    /** Removes the entry at {@code position}; returns its step. */
    @Nullable
    Step removeAt(int position) {
        Step removed = stepAt(position);
        for (int i = position; i < size - 1; i++) {
            ring[index(i)] = ring[index(i + 1)];
            if (steps != null) {
                steps[index(i)] = steps[index(i + 1)];
            }
        }
        size--;
        if (steps != null) {
            steps[index(size)] = null;
        }
        return removed;
    }

    /** Nobody is to see the reply of that entry. */
    void skip(int position) {
        set(position, kindAt(position), Disposition.SKIP);
    }

    @SuppressWarnings("EnumOrdinal") // the ordinals never leave this object
    private void set(int position, Kind kind, Disposition disposition) {
        ring[index(position)] = (byte) (disposition.ordinal() << DISPOSITION_SHIFT | kind.ordinal());
    }

    Kind kindAt(int position) {
        return Kind.ALL[ring[index(position)] & KIND_MASK];
    }

    Disposition dispositionAt(int position) {
        return Disposition.ALL[ring[index(position)] >> DISPOSITION_SHIFT & DISPOSITION_MASK];
    }

    @Nullable
    Step stepAt(int position) {
        return steps == null ? null : steps[index(position)];
    }

    /** The messages of the entries in {@code [from, to)} have come to nothing; the newest hears it first. */
    void dropSteps(int from, int to) {
        for (int i = to - 1; i >= from && steps != null; i--) {
            Step step = takeStep(i);
            if (step != null) {
                step.dropped();
            }
        }
    }

    /** How many entries are before the next Sync. */
    int beforeSync() {
        int count = 0;
        while (count < size && kindAt(count) != Kind.SYNC) {
            count++;
        }
        return count;
    }

    /** How many of the oldest {@code count} entries are answered by ReadyForQuery? */
    int groupsIn(int count) {
        int groups = 0;
        for (int i = 0; i < count; i++) {
            groups += kindAt(i).endsWithReady() ? 1 : 0;
        }
        return groups;
    }

    /** How many of those that nobody is to see are answered by ReadyForQuery? */
    int skippedGroups() {
        int groups = 0;
        for (int i = 0; i < size; i++) {
            groups += kindAt(i).endsWithReady() && dispositionAt(i) == Disposition.SKIP ? 1 : 0;
        }
        return groups;
    }

    /** Is one of them answered in the server's place? */
    boolean hasFake() {
        for (int i = 0; i < size; i++) {
            if (dispositionAt(i) == Disposition.FAKE) {
                return true;
            }
        }
        return false;
    }

    /** Does one of them run a statement, which might change any setting? One of ours leaves none but those that it should. */
    boolean hasStatement() {
        for (int i = 0; i < size; i++) {
            Kind kind = kindAt(i);
            boolean runs = kind == Kind.EXECUTE || kind == Kind.QUERY || kind == Kind.FUNCTION_CALL;
            if (runs && dispositionAt(i) != Disposition.SKIP) {
                return true;
            }
        }
        return false;
    }

    /**
     * Is that step, or with null any {@linkplain Step#isChange change}, in a group that ends before what is added next? Then it is uncertain
     * what that means: within a group everything before has succeeded, or the server discards it; what is in an earlier group, or is a
     * Query, has to be answered first.
     */
    @SuppressWarnings("ReferenceEquality") // one per message or client
    boolean hasOpen(@Nullable Step wanted) {
        boolean seen = false;
        for (int i = 0; i < size && steps != null; i++) {
            Step step = stepAt(i);
            seen |= step != null && (wanted == null ? step.isChange() : step == wanted);
            if (seen && kindAt(i).endsWithReady()) {
                return true;
            }
        }
        return false;
    }

    /** Has the group that what is added next belongs to that step? */
    @SuppressWarnings("ReferenceEquality") // one per message or client
    private boolean isInOpenGroup(Step wanted) {
        for (int i = size - 1; i >= 0 && !kindAt(i).endsWithReady(); i--) {
            if (stepAt(i) == wanted) {
                return true;
            }
        }
        return false;
    }

    /** Is {@link #hasOpen} true of it, and was it not sent again in the group that what is added next belongs to? */
    boolean isOfEarlierGroup(Step wanted) {
        return !isInOpenGroup(wanted) && hasOpen(wanted);
    }

    private int index(int position) {
        return (head + position) & (ring.length - 1);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("ReplyQueue");
        for (int i = 0; i < size; i++) {
            text.append(' ').append(dispositionAt(i)).append(':').append(kindAt(i));
        }
        return text.toString();
    }
}
