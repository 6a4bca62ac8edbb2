package dev.spillway.core.pool;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What operators have ordered of the databases, beside what is configured: who is paused, who lets no new client in, whose
 * servers are to be replaced. Databases are called by the names that clients use. Immutable; an order makes another one.
 *
 * @param isPaused is every database paused?
 * @param isSuspended is nothing read from any client or server?
 * @param paused those that are paused by their own names, whether all are or not
 * @param disabled those that let no new client in
 * @param renewal counts RECONNECT of all databases, {@code renewals} those of one: the later one holds
 * @param kills counts the KILLs of each
 */
public record Orders(
        boolean isPaused,
        boolean isSuspended,
        Set<String> paused,
        Set<String> disabled,
        int renewal,
        Map<String, Integer> renewals,
        Map<String, Integer> kills) {
    /** Nobody has ordered anything. */
    public static final Orders NONE = new Orders(false, false, Set.of(), Set.of(), 0, Map.of(), Map.of());

    public Orders {
        paused = Set.copyOf(paused);
        disabled = Set.copyOf(disabled);
        renewals = Map.copyOf(renewals);
        kills = Map.copyOf(kills);
    }

    /** Does that database get no servers, by its own name or with all others? */
    public boolean isPaused(String database) {
        return isPaused || paused.contains(database);
    }

    public boolean isDisabled(String database) {
        return disabled.contains(database);
    }

    /** Which generation of servers that database has: one of a lower number is to be closed. */
    public int generation(String database) {
        return Math.max(renewal, renewals.getOrDefault(database, 0));
    }

    /** Has it been killed since {@code earlier}? */
    public boolean isKilledSince(Orders earlier, String database) {
        return kills.getOrDefault(database, 0) > earlier.kills.getOrDefault(database, 0);
    }

    /** All databases paused, or no longer so. */
    public Orders pause(boolean on) {
        return new Orders(on, isSuspended, paused, disabled, renewal, renewals, kills);
    }

    /** All connections suspended, or no longer so. */
    public Orders suspend(boolean on) {
        return new Orders(isPaused, on, paused, disabled, renewal, renewals, kills);
    }

    /** One database paused, or no longer so. */
    public Orders pause(String database, boolean on) {
        return new Orders(isPaused, isSuspended, with(paused, database, on), disabled, renewal, renewals, kills);
    }

    /** One database closed to new clients, or open again. */
    public Orders disable(String database, boolean on) {
        return new Orders(isPaused, isSuspended, paused, with(disabled, database, on), renewal, renewals, kills);
    }

    /** The servers of all databases are to be replaced. */
    public Orders renew() {
        return new Orders(isPaused, isSuspended, paused, disabled, nextRenewal(), Map.of(), kills);
    }

    /** The servers of one database are to be replaced. */
    public Orders renew(String database) {
        return new Orders(
                isPaused, isSuspended, paused, disabled, renewal, with(renewals, database, nextRenewal()), kills);
    }

    private int nextRenewal() {
        return 1 + renewals.values().stream().reduce(renewal, Math::max);
    }

    /** One database paused, and its clients of that moment sent away. */
    public Orders kill(String database) {
        Map<String, Integer> counted = with(kills, database, kills.getOrDefault(database, 0) + 1);
        return new Orders(isPaused, isSuspended, with(paused, database, true), disabled, renewal, renewals, counted);
    }

    private static Set<String> with(Set<String> some, String name, boolean isIn) {
        Set<String> copy = new LinkedHashSet<>(some);
        if (isIn) {
            copy.add(name);
        } else {
            copy.remove(name);
        }
        return copy;
    }

    private static Map<String, Integer> with(Map<String, Integer> some, String name, int number) {
        Map<String, Integer> copy = new LinkedHashMap<>(some);
        copy.put(name, number);
        return copy;
    }
}
