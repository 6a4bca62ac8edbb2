package dev.spillway.server.lane;

import java.util.concurrent.Executor;

/**
 * Who does what takes longer at logins than a lane may wait.
 *
 * @param derivations derives keys of passwords, for milliseconds of a processor's time
 * @param questions asks others about passwords, and waits for them for seconds
 */
public record LoginWork(Executor derivations, Executor questions) {}
