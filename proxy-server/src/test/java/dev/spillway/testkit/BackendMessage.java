package dev.spillway.testkit;

import dev.spillway.core.protocol.trace.WireTrace;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A message from the server as it came: its type and its body, without the length. */
public final class BackendMessage {
    private static final String COMPARED_FIELDS = "SVCMDHPpqWscdtn";

    private final byte type;
    private final byte[] body;

    public BackendMessage(byte type, byte[] body) {
        this.type = type;
        this.body = body;
    }

    public char type() {
        return (char) type;
    }

    public byte[] body() {
        return body.clone();
    }

    public int length() {
        return body.length;
    }

    public boolean is(char expected) {
        return type == expected;
    }

    /** As it was on the wire: type, length, body. */
    public byte[] frame() {
        return ByteBuffer.allocate(body.length + 5)
                .put(type)
                .putInt(body.length + 4)
                .put(body)
                .array();
    }

    /** A field of an ErrorResponse or NoticeResponse ({@code C} is the SQLSTATE, {@code M} the message), or null. */
    public @Nullable String errorField(char code) {
        int at = 0;
        while (at < body.length && body[at] != 0) {
            int end = zero(at + 1);
            if (body[at] == code) {
                return text(at + 1, end);
            }
            at = end + 1;
        }
        return null;
    }

    /** The SQLSTATE of an ErrorResponse or NoticeResponse; empty where there is none. */
    public String sqlState() {
        String state = errorField('C');
        return state == null ? "" : state;
    }

    /** The primary text of an ErrorResponse or NoticeResponse; empty where there is none. */
    public String errorText() {
        String text = errorField('M');
        return text == null ? "" : text;
    }

    /** FATAL or PANIC: the server closes after it. */
    public boolean isFatal() {
        String severity = errorField('V');
        return "FATAL".equals(severity) || "PANIC".equals(severity);
    }

    /** The tag of a CommandComplete. */
    public String tag() {
        return text(0, zero(0));
    }

    /** The transaction status of a ReadyForQuery: {@code I}, {@code T} or {@code E}. */
    public char status() {
        return body.length == 0 ? '?' : (char) body[0];
    }

    /** The columns of a DataRow as text; a NULL is a null. */
    public List<@Nullable String> columns() {
        ByteBuffer in = ByteBuffer.wrap(body);
        int count = in.getShort();
        List<@Nullable String> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int length = in.getInt();
            if (length < 0) {
                columns.add(null);
            } else {
                columns.add(text(in.position(), in.position() + length));
                in.position(in.position() + length);
            }
        }
        return columns;
    }

    /** The first column of a DataRow; empty for NULL or for no column at all. */
    public String column() {
        List<@Nullable String> columns = columns();
        String first = columns.isEmpty() ? null : columns.get(0);
        return first == null ? "" : first;
    }

    /** The strings of a ParameterStatus, in order: name and value. */
    public List<String> strings() {
        List<String> strings = new ArrayList<>();
        for (int at = 0; at < body.length; ) {
            int end = zero(at);
            strings.add(text(at, end));
            at = end + 1;
        }
        return strings;
    }

    /** The body as text, for CopyData. */
    public String text() {
        return text(0, body.length);
    }

    /** For comparisons: errors and notices by every field but those that tell where in PostgreSQL's source they were raised. */
    public String comparable() {
        if (!is('E') && !is('N')) {
            return trace();
        }
        StringBuilder line = new StringBuilder(is('E') ? "ErrorResponse" : "NoticeResponse");
        for (int i = 0; i < COMPARED_FIELDS.length(); i++) {
            char field = COMPARED_FIELDS.charAt(i);
            String value = errorField(field);
            if (value != null) {
                line.append(' ').append(field).append("='").append(value).append('\'');
            }
        }
        return line.toString();
    }

    public String trace() {
        return WireTrace.backend(Unpooled.wrappedBuffer(frame()), WireTrace.Style.FULL);
    }

    @Override
    public String toString() {
        return trace();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BackendMessage that && type == that.type && Arrays.equals(body, that.body);
    }

    @Override
    public int hashCode() {
        return 31 * type + Arrays.hashCode(body);
    }

    private int zero(int from) {
        int at = from;
        while (at < body.length && body[at] != 0) {
            at++;
        }
        return at;
    }

    private String text(int from, int to) {
        return new String(body, from, to - from, StandardCharsets.UTF_8);
    }
}
