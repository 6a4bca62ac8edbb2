package dev.spillway.core.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A password or another string that must not be printed.
 *
 * <p>Made by whoever reads configuration, used from any thread, immutable. It guards against logs and error texts, not
 * against a heap dump. Its {@link #toString} must never show anything of the value, not even its length.
 */
public final class Secret {
    private final String value;

    private Secret(String value) {
        this.value = Objects.requireNonNull(value);
    }

    /** The secret {@code value}; the empty string is a secret too. */
    public static Secret of(String value) {
        return new Secret(value);
    }

    /** The value itself: to be used at once and kept nowhere else. */
    public String reveal() {
        return value;
    }

    /** Whether there is nothing in it, which PostgreSQL takes for "no password". */
    public boolean isEmpty() {
        return value.isEmpty();
    }

    /** In a time that depends on the lengths only. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret that && MessageDigest.isEqual(value.getBytes(UTF_8), that.value.getBytes(UTF_8));
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
