package dev.spillway.core.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** Frames a message that Spillway sends on its own account, whichever side it plays. Stateless; borrows {@code out}. */
public final class MessageWriter {
    private MessageWriter() {}

    /** Writes the type and room for the length; returns where that is, for {@link #end}. */
    public static int begin(ByteBuf out, byte type) {
        out.writeByte(type).writeInt(0);
        return out.writerIndex() - Integer.BYTES;
    }

    /** Fills in the length of the message that began {@code at}. */
    public static void end(ByteBuf out, int at) {
        out.setInt(at, out.writerIndex() - at);
    }

    /**
     * Writes {@code text} as UTF-8 and its NUL.
     *
     * @throws IllegalArgumentException if it holds a NUL itself, which would end it early and shift all that follows
     */
    public static void string(ByteBuf out, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a string on the wire cannot hold a NUL");
        }
        ByteBufUtil.writeUtf8(out, text);
        out.writeByte(0);
    }
}
