package dev.spillway.core.pool;

import java.util.List;

/**
 * The connections of one PostgreSQL at a moment. Immutable. 0 is unknown or none unless it says otherwise.
 *
 * @param host its name and port, or those of several that stand in for each other
 * @param maxConnections as it is set there
 * @param reserved of them for superusers and whom they trust
 * @param others connections that are not ours, when it was asked last; -1: unknown
 * @param othersPeak the most of them in the last minute; -1: unknown
 * @param budget as many we may have, in a fleet this instance's share; 0: no limit
 * @param ceiling as many it let us have when it refused one lately; {@link Integer#MAX_VALUE}: it did not
 * @param ours those we have, {@code opening} of them being opened
 * @param peak the most we had
 * @param waits how often a pool with waiting clients found all that we may have in use
 * @param refusals how often it refused a connection since there were too many
 * @param fleetMembers instances that share it, this one among them; 0: they do not, or it has not spoken with them
 * @param fleetBudget as many all of them together may have
 * @param fleetOpen those of them that the other instances have
 * @param problem why it could not be asked; empty: it could
 */
public record HostFigures(
        String host,
        int maxConnections,
        int reserved,
        int others,
        int othersPeak,
        int budget,
        int ceiling,
        int ours,
        int opening,
        int peak,
        long waits,
        long refusals,
        int fleetMembers,
        int fleetBudget,
        int fleetOpen,
        String problem,
        List<Part> parts) {
    /**
     * What one role or database of it may have.
     *
     * @param kind {@code role} or {@code database}
     * @param limit 0: none of its own
     */
    public record Part(String kind, String name, int limit, int ours) {}
}
