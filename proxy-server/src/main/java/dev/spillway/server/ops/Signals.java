package dev.spillway.server.ops;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the system's signals make the process do, instead of what the JVM would do.
 *
 * <p>{@code sun.misc.Signal} (module jdk.unsupported) is the only way: a shutdown hook hears of no SIGHUP and of no second
 * signal. It is used by reflection because the compiler's warning about it cannot be suppressed, and warnings are errors
 * here. A signal that is ignored when the JVM starts stays ignored: the JVM sees to that, and nothing can be done about it
 * from within. SIGQUIT stays the JVM's, which prints its threads and lets nobody else have it.
 * SIGUSR2 it lets others have, though it suspends threads with it for tools that ask for that: the launcher names another
 * one for this ({@code _JAVA_SR_SIGNUM}).
 */
public final class Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /** Runs {@code action}, on a thread of its own, on each signal of that name, such as {@code "HUP"}. */
    public static void on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object wrapped =
                    Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handler}, handler(action));
            Object before = signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), wrapped);
            if (handler.getField("SIG_IGN").get(null).equals(before)) {
                LOG.warn("SIG{} has no effect: whoever started this process had it ignored, as nohup does", name);
            }
        } catch (ReflectiveOperationException e) { // with -Xrs, or where there is no such signal
            Throwable cause = e.getCause() == null ? e : e.getCause();
            LOG.warn("SIG{} keeps its usual effect: {}", name, cause.getMessage());
        }
    }

    private static InvocationHandler handler(Runnable action) {
        return (self, method, arguments) -> {
            if (method.getName().equals("handle")) { // the interface's only method
                action.run();
            }
            return null;
        };
    }
}
