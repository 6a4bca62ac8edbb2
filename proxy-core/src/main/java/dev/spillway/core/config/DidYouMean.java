package dev.spillway.core.config;

import org.jspecify.annotations.Nullable;

/** Finds the known name that a misspelt one was probably meant to be. */
final class DidYouMean {
    private DidYouMean() {}

    /** The closest name, or null where more than a third of the letters would have to change. */
    static @Nullable String closest(String name, Iterable<String> knownNames) {
        int allowed = Math.max(1, name.length() / 3);
        @Nullable String closest = null;
        for (String known : knownNames) {
            int distance = distance(name, known);
            if (distance <= allowed) {
                allowed = distance - 1;
                closest = known;
            }
        }
        return closest;
    }

    /** Letters inserted, left out, changed, or swapped with their neighbour (optimal string alignment). */
    static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                cost[i][j] = i == 0 || j == 0 ? i + j : step(cost, a, b, i, j);
            }
        }
        return cost[a.length()][b.length()];
    }

    private static int step(int[][] cost, String a, String b, int i, int j) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int best = Math.min(cost[i - 1][j - 1] + change, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
        boolean isSwap = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return isSwap ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
    }
}
