package dev.spillway.core.auth;

import java.util.Random;

/** Random bytes that are the same in every run. */
final class TestBytes {
    private TestBytes() {}

    static RandomBytes seeded(long seed) {
        Random random = new Random(seed);
        return count -> {
            byte[] bytes = new byte[count];
            random.nextBytes(bytes);
            return bytes;
        };
    }

    static ScramIssuer issuer(int iterations) {
        return new ScramIssuer(seeded(1), iterations);
    }
}
