package dev.spillway.core.protocol.startup;

import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the untyped packets at the beginning of a connection. Stateless; borrows its buffers. */
public final class StartupDecoder {
    /** MAX_STARTUP_PACKET_LENGTH in {@code src/include/libpq/pqcomm.h}, its own four bytes included. */
    public static final int MAX_PACKET_BYTES = 10_000;

    private static final int SSL_REQUEST_CODE = 80877103;
    private static final int GSSENC_REQUEST_CODE = 80877104;
    private static final int CANCEL_REQUEST_CODE = 80877102;
    private static final int MAX_CANCEL_KEY_BYTES = 256;
    private static final int TLS_HANDSHAKE_RECORD = 0x16;

    private StartupDecoder() {}

    /**
     * Reads one packet and moves {@code in}'s reader index behind it.
     *
     * @return null when more bytes are needed
     * @throws ProtocolViolation when this cannot become a startup packet
     */
    public static @Nullable StartupPacket decode(ByteBuf in) {
        int start = in.readerIndex();
        if (in.isReadable() && in.getByte(start) == TLS_HANDSHAKE_RECORD) {
            throw new ProtocolViolation("direct TLS is not offered here");
        }
        if (in.readableBytes() < Integer.BYTES) {
            return null;
        }
        int length = in.getInt(start);
        if (length < 2 * Integer.BYTES || length > MAX_PACKET_BYTES) {
            throw new ProtocolViolation("invalid length of startup packet");
        }
        if (in.readableBytes() < length) {
            return null;
        }
        StartupPacket packet = read(new MessageCursor(in, start + Integer.BYTES, start + length));
        in.skipBytes(length);
        return packet;
    }

    /** Does the client say in the place of a startup packet that it goes, by a Terminate? Borrows the buffer. */
    public static boolean isTerminate(ByteBuf in) {
        return in.readableBytes() >= Integer.BYTES && in.getInt(in.readerIndex()) == 'X' << 24;
    }

    private static StartupPacket read(MessageCursor cursor) {
        int code = cursor.readInt();
        return switch (code) {
            case SSL_REQUEST_CODE -> bare(cursor, new StartupPacket.SslRequest());
            case GSSENC_REQUEST_CODE -> bare(cursor, new StartupPacket.GssEncRequest());
            case CANCEL_REQUEST_CODE -> cancelRequest(cursor);
            default -> startupMessage(code, cursor);
        };
    }

    private static StartupPacket bare(MessageCursor cursor, StartupPacket packet) {
        if (cursor.remaining() != 0) {
            throw new ProtocolViolation("invalid length of startup packet");
        }
        return packet;
    }

    private static StartupPacket cancelRequest(MessageCursor cursor) {
        int processId = cursor.readInt();
        int keyLength = cursor.remaining();
        if (keyLength < 1 || keyLength > MAX_CANCEL_KEY_BYTES) {
            throw new ProtocolViolation("invalid length of cancel request packet");
        }
        return new StartupPacket.CancelRequest(new CancelKey(processId, cursor.readBytes(keyLength)));
    }

    private static StartupPacket startupMessage(int version, MessageCursor cursor) {
        int major = version >>> 16;
        int minor = version & 0xffff;
        if (major != 3) {
            throw new ProtocolViolation(
                    "unsupported frontend protocol " + major + "." + minor + ": server supports 3.0 to 3.2");
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        while (true) {
            String name = cursor.readString();
            if (name.isEmpty()) {
                break;
            }
            parameters.put(name, cursor.readString());
        }
        if (cursor.remaining() != 0) {
            throw new ProtocolViolation("invalid startup packet layout: expected terminator as last byte");
        }
        return new StartupPacket.StartupMessage(major, minor, Collections.unmodifiableMap(parameters));
    }
}
