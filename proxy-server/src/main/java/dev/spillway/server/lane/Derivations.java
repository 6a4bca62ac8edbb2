package dev.spillway.server.lane;

import dev.spillway.core.auth.KeyDerivation;
import dev.spillway.core.session.SessionPorts;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/** Salted passwords, which take milliseconds to derive, are derived elsewhere and remembered. Confined to its lane. */
final class Derivations {
    private static final int MAX_KNOWN = 10_000;

    private final Executor slowWork;
    private final Executor lane;
    private final Map<KeyDerivation, byte[]> known = new LinkedHashMap<>();

    /** {@code slowWork} derives, and {@code lane} hears of it. */
    Derivations(Executor slowWork, Executor lane) {
        this.slowWork = slowWork;
        this.lane = lane;
    }

    /** See {@link SessionPorts#derive}. */
    void derive(KeyDerivation derivation, SessionPorts.Derived done) {
        byte[] salted = known.get(derivation);
        if (salted != null) {
            done.saltedPassword(salted);
        } else {
            slowWork.execute(() -> {
                byte[] fresh = derivation.saltedPassword();
                lane.execute(() -> {
                    remember(derivation, fresh);
                    done.saltedPassword(fresh);
                });
            });
        }
    }

    private void remember(KeyDerivation derivation, byte[] salted) {
        if (known.size() >= MAX_KNOWN) {
            known.clear();
        }
        known.put(derivation, salted);
    }
}
