package dev.spillway.server.lane;

import dev.spillway.core.auth.PasswordJudge;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * Who does what takes longer at logins than a lane may wait.
 *
 * @param derivations derives keys of passwords, for milliseconds of a processor's time
 * @param questions on which a judge is asked about passwords, and waited for, for seconds
 */
public record LoginWork(Executor derivations, Function<PasswordJudge, Executor> questions) {}
