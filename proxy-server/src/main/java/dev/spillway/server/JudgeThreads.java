package dev.spillway.server;

import dev.spillway.core.auth.PasswordJudge;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.Executor;

/**
 * Threads on which judges are asked about passwords, for each judge its own: one that hangs holds up nobody but those who log in
 * by it. Usable from any thread.
 */
final class JudgeThreads {
    /** Of one judge: more that wait for it at once are not worth their threads. PgBouncer has one for all of them. */
    private static final int MOST = 8;

    /** A judge that a new configuration has no use for takes its threads with it, once they have had their answers. */
    private final Map<PasswordJudge, Executor> threads = new WeakHashMap<>();

    synchronized Executor of(PasswordJudge judge) {
        return threads.computeIfAbsent(judge, _ -> RestingThreads.executor("login-questions", MOST));
    }
}
