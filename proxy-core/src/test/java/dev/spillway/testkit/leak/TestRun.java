package dev.spillway.testkit.leak;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * What happens once per test JVM, before any test class is loaded: leak detection is installed, and the seed of JUnit's
 * random order is chosen and printed, so that an order that failed can be had again.
 */
public final class TestRun implements LauncherSessionListener {
    private static final String SEED = "junit.jupiter.execution.order.random.seed";

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        LeakDetection.install();
        if (System.getProperty(SEED) == null) {
            System.setProperty(SEED, Long.toString(System.nanoTime()));
        }
        System.out.println("JUnit runs in random order; to repeat it: -D" + SEED + "=" + System.getProperty(SEED));
    }
}
