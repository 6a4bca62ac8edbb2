package dev.spillway.server.lane;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Decides how many lanes are in use, and which of them give clients away to which.
 *
 * <p>Few lanes with much to do cost less than many with little: a lane finds more work each time it wakes, and more often
 * a free server where its client is. So there are as many in use as the load needs. The others keep the clients that
 * cannot leave, and give the rest away.
 *
 * <p>Asked once per beat, by one thread; {@link #inUse} is for all.
 */
final class Balance {
    /** What a lane did since the last beat. */
    record Load(double cores, int movable) {
        /** {@code cores}: how much of a processor core it used; {@code movable}: how many clients can leave it at times. */
        Load {}
    }

    /** So many clients are to go from one lane to another. */
    record Shift(int from, int to, int clients) {}

    /** More than this much of its core used by each lane asks for one more lane. */
    private static final double FULL = 0.8;
    /** The load of all is little if it would leave each of one lane less with no more than this. */
    private static final double SPARE = 0.65;
    /** Lanes in use may differ by this much of a core. */
    private static final double TOLERANCE = 0.25;
    /** Lanes that are full may differ by less than so many clients. */
    private static final double LEAST_DIFFERENCE = 10;

    private static final int BEATS_TO_GROW = 3;
    private static final int BEATS_TO_SHRINK = 20;
    private static final int LEAST_PATIENCE = 5;
    private static final int MOST_PATIENCE = 100;
    /** In one beat, so that moving them is no load of its own. */
    private static final int MOST_CLIENTS = 100;

    private volatile int inUse = 1;
    private int fullBeats;
    private int spareBeats;
    private int patience = LEAST_PATIENCE;
    private int beatsToWait;
    private int lastTarget;

    /** How many lanes are in use: those with the lowest numbers. */
    int inUse() {
        return inUse;
    }

    /** A beat is over, in which the lanes had these loads, by number. */
    List<Shift> next(List<Load> loads) {
        List<Load> used = loads.subList(0, inUse);
        double sum = used.stream().mapToDouble(Load::cores).sum();
        fullBeats = sum > FULL * inUse ? fullBeats + 1 : 0;
        spareBeats = sum < SPARE * (inUse - 1) ? spareBeats + 1 : 0;
        if (fullBeats >= BEATS_TO_GROW && inUse < loads.size()) {
            use(inUse + 1);
        } else if (spareBeats >= BEATS_TO_SHRINK) {
            use(inUse - 1);
        }
        List<Shift> gathered = gather(loads);
        return gathered.isEmpty() ? level(loads) : gathered;
    }

    private void use(int lanes) {
        inUse = lanes;
        fullBeats = 0;
        spareBeats = 0;
        patience = LEAST_PATIENCE;
        beatsToWait = 0;
    }

    /** Empties the lanes that are not in use. */
    private List<Shift> gather(List<Load> loads) {
        List<Shift> shifts = new ArrayList<>();
        for (int lane = inUse; lane < loads.size(); lane++) {
            int movable = loads.get(lane).movable();
            if (movable > 0) {
                lastTarget = (lastTarget + 1) % inUse;
                shifts.add(new Shift(lane, lastTarget, Math.min(movable, MOST_CLIENTS)));
            }
        }
        return shifts;
    }

    /** What a shift does shows later; where it does not help, since one client is most of the load, the next is not hurried. */
    private List<Shift> level(List<Load> loads) {
        Shift shift = betweenExtremes(loads);
        if (shift == null) {
            patience = LEAST_PATIENCE;
            return List.of();
        }
        if (beatsToWait > 0) {
            beatsToWait--;
            return List.of();
        }
        beatsToWait = patience;
        patience = Math.min(2 * patience, MOST_PATIENCE);
        return List.of(shift);
    }

    /** A lane that uses all of its core could need twice as much: what can be compared then is how many clients share it. */
    private @Nullable Shift betweenExtremes(List<Load> loads) {
        Shift byLoad = betweenExtremes(loads, Load::cores, TOLERANCE);
        boolean areFull = loads.subList(0, inUse).stream().allMatch(load -> load.cores() > FULL);
        return byLoad == null && areFull ? betweenExtremes(loads, Load::movable, LEAST_DIFFERENCE) : byLoad;
    }

    /** Halves the difference between two lanes; null where it is less than {@code tolerance}. */
    private @Nullable Shift betweenExtremes(List<Load> loads, ToDoubleFunction<Load> measure, double tolerance) {
        int most = 0;
        int least = 0;
        for (int lane = 1; lane < inUse; lane++) {
            double value = measure.applyAsDouble(loads.get(lane));
            most = value > measure.applyAsDouble(loads.get(most)) ? lane : most;
            least = value < measure.applyAsDouble(loads.get(least)) ? lane : least;
        }
        double highest = measure.applyAsDouble(loads.get(most));
        double gap = highest - measure.applyAsDouble(loads.get(least));
        int movable = loads.get(most).movable();
        if (gap < tolerance || movable < 2) {
            return null;
        }
        int clients = (int) Math.ceil(movable * gap / (2 * highest));
        return new Shift(most, least, Math.min(clients, MOST_CLIENTS));
    }
}
