package dev.spillway.testkit.leak;

import net.jqwik.api.lifecycle.AfterContainerHook;
import net.jqwik.api.lifecycle.ContainerLifecycleContext;
import net.jqwik.api.lifecycle.PropagationMode;

/** Fails a class of properties after which a leaked buffer is found; registered for all of them. */
public final class JqwikLeakCheck implements AfterContainerHook {
    @Override
    public void afterContainer(ContainerLifecycleContext context) {
        LeakDetection.assertNoLeak();
    }

    @Override
    public PropagationMode propagateTo() {
        return PropagationMode.ALL_DESCENDANTS;
    }
}
