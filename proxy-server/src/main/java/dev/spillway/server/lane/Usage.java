package dev.spillway.server.lane;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** How much of a processor core a thread uses. Confined to that thread. */
final class Usage {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private long atNanos;
    private long usedNanos;

    /** What the thread that calls has used so far, in nanoseconds; 0 where that cannot be told. */
    static long ofThread() {
        return isKnown() ? THREADS.getCurrentThreadCpuTime() : 0;
    }

    /** Can it be told on this system? */
    static boolean isKnown() {
        return THREADS.isCurrentThreadCpuTimeSupported();
    }

    /** Since it was last asked, 1 standing for a whole core; 0 the first time. */
    double cores(long nowNanos) {
        long used = THREADS.getCurrentThreadCpuTime();
        double cores = atNanos == 0 || nowNanos == atNanos ? 0 : (double) (used - usedNanos) / (nowNanos - atNanos);
        atNanos = nowNanos;
        usedNanos = used;
        return cores;
    }
}
