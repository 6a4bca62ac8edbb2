package dev.spillway.testkit.leak;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Makes Netty's leak detectors and keeps what they report.
 *
 * <p>Netty only logs a leak, and only when a later allocation happens to look. This factory's detectors report to it
 * instead, whatever the log level, and {@link #collect} forces the look. Lives as long as the JVM: it must be {@link
 * #install installed} before Netty's first buffer class is initialised. Usable from any thread.
 *
 * <p>A leak found late belongs to an earlier test class than the one it fails; its report says where the buffer was
 * made.
 */
public final class LeakDetection extends ResourceLeakDetectorFactory {
    private static final LeakDetection INSTALLED = new LeakDetection();
    private static final int GC_ATTEMPTS = 50;
    private static final int GC_WAIT_MILLIS = 100;

    private final Queue<Detector<?>> detectors = new ConcurrentLinkedQueue<>();
    private final Queue<String> reports = new ConcurrentLinkedQueue<>();

    LeakDetection() {}

    /** Watches every buffer that is made from now on. */
    static void install() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        setResourceLeakDetectorFactory(INSTALLED);
    }

    static LeakDetection installed() {
        return INSTALLED;
    }

    /** Collects garbage and throws if a buffer was among it; each leak is told once. */
    public static void assertNoLeak() {
        List<String> leaks = INSTALLED.collect();
        if (!leaks.isEmpty()) {
            throw new AssertionError(leaks.size() + " leak(s):\n" + String.join("\n", leaks));
        }
    }

    /** Collects garbage; returns, and forgets, the leaks found in it and since the last call. */
    List<String> collect() {
        collectGarbage();
        detectors.forEach(Detector::look);
        List<String> found = new ArrayList<>();
        for (String report = reports.poll(); report != null; report = reports.poll()) {
            found.add(report);
        }
        return found;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract, so it must be here; Netty no longer uses maxActive
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(Class<T> type, int samplingInterval, long maxActive) {
        return newResourceLeakDetector(type, samplingInterval);
    }

    @Override
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(Class<T> type, int samplingInterval) {
        Detector<T> detector = new Detector<>(type, samplingInterval, reports);
        detectors.add(detector);
        return detector;
    }

    /** Twice, because references cleared by one collection may be handed out while the next is running. */
    private static void collectGarbage() {
        awaitCollection();
        awaitCollection();
    }

    private static void awaitCollection() {
        ReferenceQueue<Object> collected = new ReferenceQueue<>();
        WeakReference<Object> sentinel = new WeakReference<>(new Object(), collected);
        try {
            for (int attempt = 0; attempt < GC_ATTEMPTS; attempt++) {
                System.gc();
                if (collected.remove(GC_WAIT_MILLIS) != null) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the garbage collector", e);
        } finally {
            Reference.reachabilityFence(sentinel);
        }
        throw new IllegalStateException("System.gc() collects nothing: leaks would go unseen");
    }

    private static final class Detector<T> extends ResourceLeakDetector<T> {
        private final Queue<String> reports;

        Detector(Class<T> type, int samplingInterval, Queue<String> reports) {
            super(type, samplingInterval);
            this.reports = reports;
        }

        /** Netty looks for leaked objects when it starts to track a new one. */
        @SuppressWarnings("unchecked") // the type is for Netty's callers: a detector tracks any object
        void look() {
            T probe = (T) new Object();
            ResourceLeakTracker<T> tracker = trackForcibly(probe);
            tracker.close(probe);
        }

        @Override
        protected boolean needReport() {
            return true;
        }

        @Override
        protected void reportTracedLeak(String type, String records) {
            reports.add(type + " was not released." + records);
        }

        @Override
        protected void reportUntracedLeak(String type) {
            reportTracedLeak(type, "");
        }
    }
}
