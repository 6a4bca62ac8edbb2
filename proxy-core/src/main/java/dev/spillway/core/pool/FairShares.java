package dev.spillway.core.pool;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How the connections of one host are shared between its pools: each has its minimum, and what is left goes by weight to those that
 * want more, until they want no more. Where there is not one for each pool with waiting clients, those have one whose clients have
 * waited longest.
 */
final class FairShares {
    /**
     * What one pool wants.
     *
     * @param weight of what is left it gets so many parts
     * @param least it keeps
     * @param wanted servers at most that it could use now
     * @param waitNanos how long its oldest client has waited; 0: none waits
     */
    record Need<K>(K pool, int weight, int least, int wanted, long waitNanos) {}

    /** 2.0 / 49 * 49 is less than 2. */
    private static final double ROUNDING = 1e-9;

    private FairShares() {}

    /** The share of each of {@code needs}, rounded down, of {@code budget} connections. */
    static <K> Map<K, Integer> of(int budget, List<Need<K>> needs) {
        Map<K, Integer> shares = new HashMap<>();
        int rest = budget;
        for (Need<K> need : needs) {
            int least = Math.min(need.least, need.wanted);
            shares.put(need.pool, least);
            rest -= least;
        }
        List<Need<K>> open = new ArrayList<>(needs);
        open.removeIf(need -> need.wanted <= need.least);
        if (rest < open.size()) {
            giveToOldest(rest, open, shares);
            return shares;
        }
        while (!open.isEmpty()) {
            double part = part(rest, open);
            List<Need<K>> content = open.stream()
                    .filter(need -> need.wanted - Math.min(need.least, need.wanted) <= part * need.weight)
                    .toList();
            if (content.isEmpty()) {
                open.forEach(need -> shares.merge(need.pool, whole(part * need.weight), Integer::sum));
                break;
            }
            for (Need<K> need : content) {
                rest -= need.wanted - shares.getOrDefault(need.pool, 0);
                shares.put(need.pool, need.wanted);
            }
            open.removeAll(content);
        }
        return shares;
    }

    /**
     * What a weight of one is worth, where {@code rest} connections are as many as the {@code open} pools or more, and none has less
     * than one.
     */
    private static <K> double part(int rest, List<Need<K>> open) {
        List<Need<K>> above = open;
        while (true) {
            double weights = above.stream().mapToDouble(Need::weight).sum();
            double part = (rest - open.size() + above.size()) / weights;
            List<Need<K>> still = above.stream()
                    .filter(need -> part * need.weight + ROUNDING >= 1)
                    .toList();
            if (still.size() == above.size()) {
                return part;
            }
            above = still;
        }
    }

    private static int whole(double share) {
        return Math.max(1, (int) (share + ROUNDING));
    }

    private static <K> void giveToOldest(int rest, List<Need<K>> open, Map<K, Integer> shares) {
        open.stream()
                .sorted(Comparator.comparingLong((Need<K> need) -> need.waitNanos)
                        .reversed())
                .limit(Math.max(0, rest))
                .forEach(need -> shares.merge(need.pool, 1, Integer::sum));
    }
}
