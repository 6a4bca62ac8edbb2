package dev.spillway.testkit.leak;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a JUnit test class after which a leaked buffer is found; registered for all of them. */
public final class JupiterLeakCheck implements AfterAllCallback {
    @Override
    public void afterAll(ExtensionContext context) {
        LeakDetection.assertNoLeak();
    }
}
