package dev.spillway.server.rehearsal;

import dev.spillway.core.auth.ClientAuth;
import dev.spillway.core.auth.KeyDerivation;
import dev.spillway.core.auth.RandomBytes;
import dev.spillway.core.auth.ScramIssuer;
import dev.spillway.core.auth.ServerAuth;
import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.Secret;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How clients and the stand-in prove who they are: by SCRAM, as most do, with the one password of the rehearsal. Usable from any
 * thread.
 */
final class Proofs {
    private static final StoredSecret SECRET = new StoredSecret.Plain(Secret.of(Script.PASSWORD));
    /** PostgreSQL's SCRAM_SHA_256_DEFAULT_ITERATIONS. */
    private static final int ITERATIONS = 4096;

    private final RandomBytes random = RandomBytes.secure();
    private final ScramIssuer issuer = new ScramIssuer(random, ITERATIONS);
    private final Map<KeyDerivation, byte[]> known = new ConcurrentHashMap<>();

    /** For a client. */
    ServerAuth loggingIn() {
        return ServerAuth.of(Script.DATABASE, SECRET, random);
    }

    /** For the stand-in. */
    ClientAuth checking() {
        return ClientAuth.scram(SECRET, Script.DATABASE, issuer);
    }

    /** Derived once, for the proxy is to have the processor's time. */
    byte[] salted(KeyDerivation derivation) {
        return known.computeIfAbsent(derivation, KeyDerivation::saltedPassword);
    }
}
