package dev.spillway.server;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads for what may block, which end when nobody has had work for them for a while. */
final class RestingThreads {
    private static final long REST_SECONDS = 120;

    private RestingThreads() {}

    /** At most {@code most} at once, called {@code name} and a number; more work waits, however much. */
    static Executor executor(String name, int most) {
        ThreadPoolExecutor work = new ThreadPoolExecutor(
                most,
                most,
                REST_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name(name + '-', 0).daemon().factory());
        work.allowCoreThreadTimeOut(true);
        return work;
    }
}
