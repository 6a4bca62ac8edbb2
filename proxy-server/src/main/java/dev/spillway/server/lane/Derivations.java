package dev.spillway.server.lane;

import dev.spillway.core.auth.KeyDerivation;
import dev.spillway.core.session.SessionPorts.Derived;
import io.netty.channel.EventLoop;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/** Password derivations, which take milliseconds, made elsewhere and remembered. Confined to its lane. */
final class Derivations {
    private static final int MAX_KNOWN = 10_000;

    private final EventLoop loop;
    private final Executor slowWork;
    private final Map<KeyDerivation, byte[]> known = new LinkedHashMap<>();

    Derivations(EventLoop loop, Executor slowWork) {
        this.loop = loop;
        this.slowWork = slowWork;
    }

    /** Hands the result to {@code done}, at once if it is known. */
    void derive(KeyDerivation derivation, Derived done) {
        byte[] before = known.get(derivation);
        if (before != null) {
            done.saltedPassword(before);
            return;
        }
        slowWork.execute(() -> {
            byte[] salted = derivation.saltedPassword();
            loop.execute(() -> {
                if (known.size() >= MAX_KNOWN) {
                    known.clear();
                }
                known.put(derivation, salted);
                done.saltedPassword(salted);
            });
        });
    }
}
