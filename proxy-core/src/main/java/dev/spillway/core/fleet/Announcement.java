package dev.spillway.core.fleet;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an instance tells the others of its fleet. It is the application_name of the connection by which it says so, of which PostgreSQL
 * keeps 63 bytes: {@code spillway:fleet:id:wanted:open:held}.
 *
 * @param fleet up to 24 of {@code A-Z a-z 0-9 _ -}
 * @param id of the instance: eight hexadecimal digits
 * @param wanted connections that it could use now
 * @param open connections that it has or is opening, this one among them
 * @param held connections that it may have; as many as are open, while it closes those that are too many
 */
public record Announcement(String fleet, String id, int wanted, int open, int held) {
    /** What an application_name begins with that is one. */
    public static final String PREFIX = "spillway:";

    private static final int MAX_COUNT = 99_999;
    private static final Pattern TEXT =
            Pattern.compile(PREFIX + "([A-Za-z0-9_-]{1,24}):([0-9a-f]{8}):(\\d{1,5}):(\\d{1,5}):(\\d{1,5})");

    /** What {@code text} says; null if it is none. */
    public static @Nullable Announcement parse(String text) {
        Matcher parts = TEXT.matcher(text);
        return parts.matches()
                ? new Announcement(parts.group(1), parts.group(2), count(parts, 3), count(parts, 4), count(parts, 5))
                : null;
    }

    private static int count(Matcher parts, int group) {
        return Integer.parseInt(parts.group(group));
    }

    /** As an application_name. */
    public String text() {
        return PREFIX + fleet + ":" + id + ":" + bounded(wanted) + ":" + bounded(open) + ":" + bounded(held);
    }

    private static int bounded(int count) {
        return Math.min(count, MAX_COUNT);
    }
}
