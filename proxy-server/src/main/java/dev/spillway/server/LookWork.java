package dev.spillway.server;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The thread that makes what operators are shown, pages and tables of the console: lanes only say what they have. It ends when nobody
 * has asked for a while.
 */
final class LookWork {
    private static final long REST_SECONDS = 120;

    private LookWork() {}

    static Executor executor() {
        ThreadPoolExecutor work = new ThreadPoolExecutor(
                1,
                1,
                REST_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("looks").daemon().factory());
        work.allowCoreThreadTimeOut(true);
        return work;
    }
}
