package dev.spillway.core.session;

import java.time.Duration;

/**
 * Something that a client does for a long time, at a moment. Immutable.
 *
 * @param ageNanos since when
 * @param limit when it is ended for it; zero: never
 * @param reason why it keeps its server, for people; empty where that needs no reason
 */
public record Stay(What what, long ageNanos, Duration limit, String reason) {
    /** What there is no limit for is long after so much. */
    private static final long LONG_NANOS = 60_000_000_000L;

    /** What may last, and the setting that limits it. */
    public enum What {
        QUERY("query", "query_timeout"),
        TRANSACTION("transaction", "transaction_timeout"),
        IDLE_IN_TRANSACTION("idle in transaction", "idle_transaction_timeout"),
        /** It has state that cannot move, and asks for nothing. */
        PIN("idle with a server of its own", "pin_idle_timeout");

        private final String words;
        private final String setting;

        What(String words, String setting) {
            this.words = words;
            this.setting = setting;
        }

        /** For people. */
        public String words() {
            return words;
        }

        /** Its limit. */
        public String setting() {
            return setting;
        }
    }

    /** Has half of its limit passed? False where there is none. */
    boolean isWorthAWarning() {
        return limit.isPositive() && ageNanos > limit.toNanos() / 2;
    }

    /** Is it to be shown? From half of its limit on, or after a minute where there is none. */
    public boolean isLong() {
        return limit.isPositive() ? isWorthAWarning() : ageNanos > LONG_NANOS;
    }

    /** For the log. */
    public String text() {
        return words() + " for " + ageNanos / 1_000_000 + " ms, " + what.setting + " is " + limit.toMillis() + " ms";
    }

    private String words() {
        return reason.isEmpty() ? what.words : what.words + " (" + reason + ")";
    }
}
