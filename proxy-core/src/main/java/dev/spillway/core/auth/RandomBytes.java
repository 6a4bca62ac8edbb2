package dev.spillway.core.auth;

import java.security.SecureRandom;

/** A source of unpredictable bytes, usable from any thread; a counter in tests. */
@FunctionalInterface
public interface RandomBytes {
    /** {@code count} new bytes, which the caller owns. */
    byte[] next(int count);

    /** The operating system's generator, which does not block once the machine is up. */
    static RandomBytes secure() {
        SecureRandom random = new SecureRandom();
        return count -> {
            byte[] bytes = new byte[count];
            random.nextBytes(bytes);
            return bytes;
        };
    }
}
