package dev.spillway.core.protocol.startup;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a startup packet's {@code replication} asks for.
 *
 * <p>Source: PostgreSQL documentation, "Streaming Replication Protocol", and {@code ProcessStartupPacket()} in {@code
 * src/backend/tcop/backend_startup.c}.
 */
public enum Replication {
    /** An ordinary session. */
    NONE("false"),
    /** Of the whole cluster; the database is not looked at. */
    PHYSICAL("true"),
    /** Of one database, in which SQL can be run too. */
    LOGICAL("database");

    /** Words and how few of their letters tell them from each other, as {@code parse_bool()} takes them. */
    private static final Map<String, Integer> LEAST_LETTERS =
            Map.of("true", 1, "yes", 1, "on", 2, "1", 1, "false", 1, "no", 1, "off", 2, "0", 1);

    private final String value;

    Replication(String value) {
        this.value = value;
    }

    /** The value that asks for it. */
    public String value() {
        return value;
    }

    /** PgBouncer's name of it. */
    public String shownAs() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Null if PostgreSQL would not take {@code value}. */
    public static @Nullable Replication parse(String value) {
        if (value.equals(LOGICAL.value)) {
            return LOGICAL;
        }
        String given = value.toLowerCase(Locale.ROOT);
        for (Map.Entry<String, Integer> word : LEAST_LETTERS.entrySet()) {
            if (word.getKey().startsWith(given) && given.length() >= word.getValue()) {
                return "tyo1".indexOf(word.getKey().charAt(0)) >= 0
                                && !word.getKey().equals("off")
                        ? PHYSICAL
                        : NONE;
            }
        }
        return null;
    }
}
