package dev.spillway.core.protocol.backend;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.Sqlstate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The fields of an ErrorResponse or NoticeResponse, in the order they were sent.
 *
 * <p>Source: PostgreSQL documentation, "Error and Notice Message Fields".
 */
public record ErrorFields(Map<Character, String> fields) {
    private static final int MAX_FIELDS = 64;

    public ErrorFields {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** An error as PostgreSQL would word it: severity in both forms, SQLSTATE, message. */
    public static ErrorFields of(String severity, String sqlstate, String message) {
        Map<Character, String> fields = new LinkedHashMap<>();
        fields.put('S', severity);
        fields.put('V', severity);
        fields.put('C', sqlstate);
        fields.put('M', message);
        return new ErrorFields(fields);
    }

    /**
     * Reads a message's body.
     *
     * @throws dev.spillway.core.protocol.ProtocolViolation if it is not a list of fields
     */
    public static ErrorFields read(MessageCursor body) {
        Map<Character, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < MAX_FIELDS; i++) {
            byte code = body.readByte();
            if (code == 0) {
                break;
            }
            fields.put((char) code, body.readString());
        }
        return new ErrorFields(fields);
    }

    /** What the current frame says, which may be too long to be all there; borrows it. */
    public static ErrorFields read(FrameReader frames) {
        return frames.isComplete()
                ? read(frames.body())
                : of("ERROR", Sqlstate.INTERNAL_ERROR, "an error too long to be read");
    }

    /** A copy with one more field, for instance {@code 'D'}, the detail. */
    public ErrorFields with(char code, String text) {
        Map<Character, String> more = new LinkedHashMap<>(fields);
        more.put(code, text);
        return new ErrorFields(more);
    }

    /** The severity in the untranslated form, ERROR when there is none. */
    public String severity() {
        return field('V', field('S', "ERROR"));
    }

    /** The SQLSTATE; XX000 when the server sent none. */
    public String sqlstate() {
        return field('C', Sqlstate.INTERNAL_ERROR);
    }

    public String message() {
        return field('M', "");
    }

    /** Which function of PostgreSQL's source raised it; empty: it does not say. */
    public String routine() {
        return field('R', "");
    }

    /** Will the server close the connection? */
    public boolean isFatal() {
        return severity().equals("FATAL") || severity().equals("PANIC");
    }

    private String field(char code, String otherwise) {
        String value = fields.get(code);
        return value == null ? otherwise : value;
    }

    /** Writes an ErrorResponse; borrows {@code out}. */
    public void writeError(ByteBuf out) {
        write(out, BackendType.ERROR_RESPONSE);
    }

    /** Writes a NoticeResponse; borrows {@code out}. */
    public void writeNotice(ByteBuf out) {
        write(out, BackendType.NOTICE_RESPONSE);
    }

    private void write(ByteBuf out, byte type) {
        int at = out.writerIndex();
        out.writeByte(type).writeInt(0);
        fields.forEach((code, text) -> {
            out.writeByte(code);
            ByteBufUtil.writeUtf8(out, text.replace('\0', '?'));
            out.writeByte(0);
        });
        out.writeByte(0);
        out.setInt(at + 1, out.writerIndex() - at - (FrameReader.HEADER_BYTES - 4));
    }
}
