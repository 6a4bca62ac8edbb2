package dev.spillway.core.protocol.trace;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * One line in the making: reads fields of a message at a cursor that cannot leave it, and writes each as libpq's trace does.
 *
 * <p>Confined to one call of {@link WireTrace}; borrows the buffer and moves no index of it. A field that is not wholly there sets
 * {@link #isShort} and yields 0; whoever loops over a count must stop then, so that a hostile count costs nothing.
 */
final class TraceLine {
    private final ByteBuf in;
    private final int start;
    private final int end;
    private final boolean regress;
    private final StringBuilder out = new StringBuilder();
    private int at;
    private boolean isShort;

    TraceLine(ByteBuf in, int start, int at, int end, boolean regress) {
        this.in = in;
        this.start = start;
        this.at = at;
        this.end = end;
        this.regress = regress;
    }

    boolean regress() {
        return regress;
    }

    boolean isShort() {
        return isShort;
    }

    boolean hasMore() {
        return !isShort && at < end;
    }

    int remaining() {
        return end - at;
    }

    /** Bytes read so far, the length field included and the type byte not: what the protocol's length counts. */
    int consumed() {
        return at - start;
    }

    /** The byte at the cursor, or 0 where the message has ended. */
    byte peek() {
        return at < end ? in.getByte(at) : 0;
    }

    TraceLine text(String text) {
        out.append(text);
        return this;
    }

    TraceLine number(int number) {
        out.append(number);
        return this;
    }

    byte byte1() {
        if (!has(1)) {
            return 0;
        }
        byte value = in.getByte(at++);
        out.append(' ');
        printable(value);
        return value;
    }

    /** A byte that the text form leaves out, such as the one that ends a list. */
    void skipByte() {
        if (has(1)) {
            at++;
        }
    }

    /** Unsigned, as libpq shows it: a type length of -1 reads 65535. */
    int int16() {
        if (!has(2)) {
            return 0;
        }
        int value = in.getUnsignedShort(at);
        at += 2;
        out.append(' ').append(value);
        return value;
    }

    int int32() {
        return int32(false);
    }

    /** An object id or a process id: {@code NNNN} in regress style, because it differs from server to server. */
    int unstableInt32() {
        return int32(regress);
    }

    /** A number that the text form turns into a name; -1 where it is not there. */
    int hiddenInt32() {
        if (!has(4)) {
            return -1;
        }
        int value = in.getInt(at);
        at += 4;
        return value;
    }

    private int int32(boolean masked) {
        if (!has(4)) {
            return 0;
        }
        int value = in.getInt(at);
        at += 4;
        out.append(' ');
        if (masked) {
            out.append("NNNN");
        } else {
            out.append(value);
        }
        return value;
    }

    void string() {
        string(false);
    }

    void string(boolean masked) {
        int zero = in.indexOf(at, end, (byte) 0);
        if (isShort || zero < 0) {
            isShort = true;
            return;
        }
        out.append(" \"");
        if (masked) {
            out.append("SSSS");
        } else {
            escaped(in.toString(at, zero - at, StandardCharsets.UTF_8));
        }
        out.append('"');
        at = zero + 1;
    }

    void bytes(int length) {
        bytes(length, false);
    }

    void bytes(int length, boolean masked) {
        if (length < 0 || !has(length)) {
            isShort = true;
            return;
        }
        out.append(" '");
        if (masked) {
            out.append("BBBB");
        } else {
            for (int i = at; i < at + length; i++) {
                printable(in.getByte(i));
            }
        }
        out.append('\'');
        at += length;
    }

    /** A length word and that many bytes; -1 is NULL and has none. */
    void sized() {
        int length = int32();
        if (!isShort && length != -1) {
            bytes(length);
        }
    }

    void sizedList() {
        for (int left = int16(); left > 0 && !isShort; left--) {
            sized();
        }
    }

    void int16List() {
        for (int left = int16(); left > 0 && !isShort; left--) {
            int16();
        }
    }

    void unstableInt32List() {
        for (int left = int16(); left > 0 && !isShort; left--) {
            unstableInt32();
        }
    }

    /** What could not be read as a field, in hex, at most {@code limitBytes} of it. */
    void restAsHex(int limitBytes) {
        if (at < end) {
            int length = Math.min(limitBytes, end - at);
            out.append(" \\x");
            for (int i = at; i < at + length; i++) {
                hex(in.getByte(i));
            }
            if (length < end - at) {
                out.append("...");
            }
        }
    }

    @Override
    public String toString() {
        return out.toString();
    }

    private boolean has(int length) {
        if (isShort || end - at < length) {
            isShort = true;
        }
        return !isShort;
    }

    private void printable(byte value) {
        if (value >= 0x20 && value < 0x7f) {
            out.append((char) value);
        } else {
            out.append("\\x");
            hex(value);
        }
    }

    /** libpq writes strings raw; here a message stays one line, and a hostile name cannot forge a second. */
    private void escaped(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                out.append("\\x");
                hex((byte) c);
            } else {
                out.append(c);
            }
        }
    }

    private void hex(byte value) {
        out.append(Character.forDigit((value >> 4) & 0xf, 16)).append(Character.forDigit(value & 0xf, 16));
    }
}
