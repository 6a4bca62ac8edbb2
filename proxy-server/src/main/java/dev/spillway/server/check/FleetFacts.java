package dev.spillway.server.check;

/**
 * What a connection by which an instance would speak with its fleet may do and sees. Immutable.
 *
 * @param members instances that speak there now
 * @param mayLock it may take the fleet's advisory lock
 * @param mayEnd it may end connections of its role, such as those of a member that hangs
 * @param showsActivity the server says since when a session has been silent ({@code track_activities})
 */
record FleetFacts(int members, boolean mayLock, boolean mayEnd, boolean showsActivity) {}
