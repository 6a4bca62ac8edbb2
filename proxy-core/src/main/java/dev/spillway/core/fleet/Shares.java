package dev.spillway.core.fleet;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Max-min fair shares: nobody gets more than it wants, and nobody could get more without taking from one that has no more than it. What
 * is left by rounding goes to the first by name, so that all who know the same come to the same.
 */
final class Shares {
    private Shares() {}

    /** The share of each of those that are {@code wanted}, of {@code budget} in all. */
    static Map<String, Integer> of(int budget, SortedMap<String, Integer> wanted) {
        Map<String, Integer> shares = new HashMap<>();
        List<String> open = new ArrayList<>(wanted.keySet());
        int rest = Math.max(0, budget);
        while (!open.isEmpty()) {
            int part = rest / open.size();
            List<String> content = open.stream()
                    .filter(name -> wanted.getOrDefault(name, 0) <= part)
                    .toList();
            if (content.isEmpty()) {
                int more = rest % open.size();
                for (String name : open) {
                    shares.put(name, part + (more-- > 0 ? 1 : 0));
                }
                return shares;
            }
            for (String name : content) {
                int all = wanted.getOrDefault(name, 0);
                shares.put(name, all);
                rest -= all;
            }
            open.removeAll(content);
        }
        return shares;
    }
}
