package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.frontend.FrontendType;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client's transaction runs, as text: there is one only while the log is to show the SQL of slow transactions. One per client,
 * called by its {@link ClientInput} and its {@link LeaseClock}.
 *
 * <p>Of each group up to a ReadyForQuery its texts are kept up to {@link #LIMIT_CHARS}, and of a transaction those of the group that took
 * longest. Where groups are sent before others are answered, a text may be taken for that of its neighbour.
 */
final class StatementTexts {
    static final int LIMIT_CHARS = 1000;
    private static final Pattern BLANKS = Pattern.compile("[\\s\\p{Cntrl}]+");

    private final StringBuilder group = new StringBuilder();
    private String last = "";
    private String longest = "";
    private long longestNanos = -1;

    /** The next group begins. */
    void begin() {
        group.setLength(0);
        last = "";
    }

    /** The current frame, which it borrows, is sent. */
    void note(FrameReader frames, StatementInput statements) {
        int body = frames.start() + FrameReader.HEADER_BYTES;
        switch (frames.type()) {
            case FrontendType.QUERY -> add(text(frames, body));
            case FrontendType.PARSE -> {
                int nameEnd = StatementInput.endOfString(frames, body);
                add(nameEnd < 0 ? "" : text(frames, nameEnd + 1));
            }
            case FrontendType.BIND -> add(statements.textOfBind(frames));
            case FrontendType.FUNCTION_CALL -> add("function call");
            default -> {} // says nothing new
        }
    }

    private void add(@Nullable String text) {
        if (text == null || text.isEmpty() || text.equals(last) || group.length() >= LIMIT_CHARS) {
            return;
        }
        last = text;
        group.append(group.isEmpty() ? "" : "; ").append(text);
        group.setLength(Math.min(group.length(), LIMIT_CHARS));
    }

    private static String text(FrameReader frames, int from) {
        int to = Math.min(frames.end(), from + LIMIT_CHARS);
        int nul = from >= to ? from : frames.buffer().indexOf(from, to, (byte) 0);
        return oneLine(frames.buffer()
                .toString(from, Math.max(0, (nul < 0 ? to : nul) - from), StandardCharsets.UTF_8));
    }

    /** Any text in one line. */
    static String oneLine(String text) {
        String head = text.length() > LIMIT_CHARS ? text.substring(0, LIMIT_CHARS) : text;
        return BLANKS.matcher(head).replaceAll(" ").strip();
    }

    /** A group is answered, so long after it was sent. */
    void answered(long nanos) {
        if (nanos > longestNanos) {
            longestNanos = nanos;
            longest = group.toString();
        }
    }

    /** What took longest since the transaction began. */
    String longest() {
        return longest;
    }

    void endTransaction() {
        longestNanos = -1;
        longest = "";
    }
}
