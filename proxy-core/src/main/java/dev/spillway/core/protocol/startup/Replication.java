package dev.spillway.core.protocol.startup;

import java.util.List;
import java.util.Locale;
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

    private static final List<String> WORDS_FOR_TRUE = List.of("true", "yes", "on", "1");
    private static final List<String> WORDS_FOR_FALSE = List.of("false", "no", "off", "0");

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
        if (value.equals(NONE.value)) { // what nearly everybody wants
            return NONE;
        }
        if (value.equals(LOGICAL.value)) {
            return LOGICAL;
        }
        String given = value.toLowerCase(Locale.ROOT);
        if (given.isEmpty() || given.equals("o")) {
            return null;
        }
        return beginsOneOf(WORDS_FOR_TRUE, given) ? PHYSICAL : beginsOneOf(WORDS_FOR_FALSE, given) ? NONE : null;
    }

    /** As {@code parse_bool()} has it, whatever tells a word from the others is enough. */
    private static boolean beginsOneOf(List<String> words, String given) {
        return words.stream().anyMatch(word -> word.startsWith(given));
    }
}
