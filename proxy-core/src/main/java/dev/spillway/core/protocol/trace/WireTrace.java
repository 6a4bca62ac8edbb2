package dev.spillway.core.protocol.trace;

import io.netty.buffer.ByteBuf;

/**
 * Renders one message as a line of text, in the form that libpq's {@code PQtrace} writes without timestamps, so that a transcript
 * of ours can be laid beside one of libpq's: direction, length, name and fields, separated by tabs.
 *
 * <p>Any thread may call it. It borrows the buffer: the readable bytes are the message, no index moves. Garbage is shown, never
 * thrown: what cannot be read as a field follows in hex, and a second line tells how many bytes were understood. Passwords and SASL
 * responses are never shown in either style. It must stay off the path of a byte.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-control.html#LIBPQ-PQTRACE">PQtrace</a>
 */
public final class WireTrace {
    /** How much of a message is shown. */
    public enum Style {
        /** All of it. */
        FULL,
        /** As {@code PQTRACE_REGRESS_MODE}: what differs between servers or runs (object ids, pids, source lines, data) is masked. */
        REGRESS
    }

    private static final int HEX_LIMIT_BYTES = 64;
    private static final int CANCEL_REQUEST_CODE = 80877102;
    private static final int SSL_REQUEST_CODE = 80877103;
    private static final int GSSENC_REQUEST_CODE = 80877104;

    private WireTrace() {}

    /** A message from the client that has a type byte. */
    public static String frontend(ByteBuf message, Style style) {
        return typed(message, style, true);
    }

    /** A message from the server. */
    public static String backend(ByteBuf message, Style style) {
        return typed(message, style, false);
    }

    /** A message without a type byte: StartupMessage, CancelRequest, SSLRequest or GSSENCRequest. */
    public static String startup(ByteBuf message, Style style) {
        int start = message.readerIndex();
        if (message.readableBytes() < 4) {
            return truncated("F", message, start);
        }
        int length = message.getInt(start);
        TraceLine line = new TraceLine(message, start, start + 4, end(message, start, length), style == Style.REGRESS);
        line.text("F\t").number(length).text("\t");
        startupBody(line, message, start);
        return finish(line, length);
    }

    private static String typed(ByteBuf message, Style style, boolean toServer) {
        int first = message.readerIndex();
        String direction = toServer ? "F" : "B";
        if (message.readableBytes() < 5) {
            return truncated(direction, message, first);
        }
        byte type = message.getByte(first);
        int start = first + 1;
        int length = message.getInt(start);
        boolean regress = style == Style.REGRESS;
        TraceLine line = new TraceLine(message, start, start + 4, end(message, start, length), regress);
        line.text(direction).text("\t");
        if (regress && !toServer && (type == 'E' || type == 'N')) {
            line.text("NN\t");
        } else {
            line.number(length).text("\t");
        }
        if (toServer) {
            frontendBody(line, type);
        } else {
            backendBody(line, type);
        }
        return finish(line, length);
    }

    /** Where reading must stop: the declared end, or the end of what is there. */
    private static int end(ByteBuf message, int start, int length) {
        return (int) Math.min(message.writerIndex(), Math.max(start + 4L, start + (long) length));
    }

    private static String truncated(String direction, ByteBuf message, int first) {
        TraceLine line = new TraceLine(message, first, first, message.writerIndex(), false);
        line.text(direction).text("\tTruncated message:");
        line.restAsHex(HEX_LIMIT_BYTES);
        return line.toString();
    }

    private static String finish(TraceLine line, int length) {
        int consumed = line.consumed();
        if (consumed != length || line.isShort()) {
            line.restAsHex(HEX_LIMIT_BYTES);
            line.text("\nmismatched message length: consumed ")
                    .number(consumed)
                    .text(", expected ")
                    .number(length);
        }
        return line.toString();
    }

    private static void startupBody(TraceLine line, ByteBuf message, int start) {
        int code = line.remaining() >= 4 ? message.getInt(start + 4) : 0;
        switch (code) {
            case CANCEL_REQUEST_CODE -> {
                versionOf(line.text("CancelRequest\t"));
                line.unstableInt32();
                line.bytes(
                        line.remaining(),
                        true); // The key: a four-byte number in 3.0, up to 256 bytes in 3.2; a secret.
            }
            case SSL_REQUEST_CODE -> versionOf(line.text("SSLRequest\t"));
            case GSSENC_REQUEST_CODE -> versionOf(line.text("GSSENCRequest\t"));
            default -> {
                versionOf(line.text("StartupMessage\t"));
                while (line.hasMore() && line.peek() != 0) {
                    line.string();
                    line.string();
                }
                line.skipByte();
            }
        }
    }

    private static void versionOf(TraceLine line) {
        line.int16();
        line.int16();
    }

    private static void frontendBody(TraceLine line, byte type) {
        switch (type) {
            case 'B' -> bind(line.text("Bind\t"));
            case 'C' -> target(line.text("Close\t"));
            case 'D' -> target(line.text("Describe\t"));
            case 'E' -> {
                line.text("Execute\t").string();
                line.int32();
            }
            case 'F' -> {
                line.text("FunctionCall\t").unstableInt32();
                line.int16List();
                line.sizedList();
                line.int16();
            }
            case 'H' -> line.text("Flush");
            case 'P' -> {
                line.text("Parse\t").string();
                line.string();
                line.unstableInt32List();
            }
            case 'Q' -> line.text("Query\t").string();
            case 'S' -> line.text("Sync");
            case 'X' -> line.text("Terminate");
            case 'c' -> line.text("CopyDone");
            case 'd' -> copyData(line);
            case 'f' -> line.text("CopyFail\t").string();
            // PasswordMessage, SASLInitialResponse, SASLResponse and GSSResponse share this type; all of them are
            // secrets.
            case 'p' -> line.text("PasswordMessage\t").bytes(line.remaining(), true);
            default -> unknown(line, type);
        }
    }

    private static void backendBody(TraceLine line, byte type) {
        switch (type) {
            case '1' -> line.text("ParseComplete");
            case '2' -> line.text("BindComplete");
            case '3' -> line.text("CloseComplete");
            case 'A' -> {
                line.text("NotificationResponse\t").unstableInt32();
                line.string();
                line.string();
            }
            case 'C' -> line.text("CommandComplete\t").string();
            case 'D' -> line.text("DataRow\t").sizedList();
            case 'E' -> fields(line.text("ErrorResponse\t"));
            case 'G' -> copyStart(line.text("CopyInResponse\t"));
            case 'H' -> copyStart(line.text("CopyOutResponse\t"));
            case 'I' -> line.text("EmptyQueryResponse");
            case 'K' -> {
                line.text("BackendKeyData\t").unstableInt32();
                line.bytes(line.remaining(), true);
            }
            case 'N' -> fields(line.text("NoticeResponse\t"));
            case 'R' -> authentication(line);
            case 'S' -> {
                line.text("ParameterStatus\t").string();
                line.string();
            }
            case 'T' -> rowDescription(line.text("RowDescription\t"));
            case 'V' -> line.text("FunctionCallResponse\t").sized();
            case 'W' -> copyStart(line.text("CopyBothResponse\t"));
            case 'Z' -> line.text("ReadyForQuery\t").byte1();
            case 'c' -> line.text("CopyDone");
            case 'd' -> copyData(line);
            case 'n' -> line.text("NoData");
            case 's' -> line.text("PortalSuspended");
            case 't' -> line.text("ParameterDescription\t").unstableInt32List();
            case 'v' -> negotiate(line.text("NegotiateProtocolVersion\t"));
            default -> unknown(line, type);
        }
    }

    private static void unknown(TraceLine line, byte type) {
        line.text("Unknown message: ").text(String.format("%02x", type));
    }

    private static void bind(TraceLine line) {
        line.string();
        line.string();
        line.int16List();
        line.sizedList();
        line.int16List();
    }

    /** A statement ({@code S}) or portal ({@code P}) and its name. */
    private static void target(TraceLine line) {
        line.byte1();
        line.string();
    }

    private static void copyData(TraceLine line) {
        line.text("CopyData\t").bytes(line.remaining(), line.regress());
    }

    private static void copyStart(TraceLine line) {
        line.byte1();
        line.int16List();
    }

    /** Field code and text, until the zero byte that ends the list; file, line and routine move with PostgreSQL's releases. */
    private static void fields(TraceLine line) {
        while (line.hasMore()) {
            byte field = line.byte1();
            if (field == 0) {
                return;
            }
            line.string(line.regress() && (field == 'F' || field == 'L' || field == 'R'));
        }
    }

    private static void rowDescription(TraceLine line) {
        for (int left = line.int16(); left > 0 && !line.isShort(); left--) {
            line.string();
            line.unstableInt32();
            line.int16();
            line.unstableInt32();
            line.int16();
            line.int32();
            line.int16();
        }
    }

    private static void negotiate(TraceLine line) {
        line.int32();
        for (int left = line.int32(); left > 0 && !line.isShort(); left--) {
            line.string();
        }
    }

    private static void authentication(TraceLine line) {
        switch (line.hiddenInt32()) {
            case 0 -> line.text("AuthenticationOk");
            case 3 -> line.text("AuthenticationCleartextPassword");
            case 5 -> line.text("AuthenticationMD5Password\t").bytes(4, true);
            case 7 -> line.text("AuthenticationGSS");
            case 8 -> line.text("AuthenticationGSSContinue\t").bytes(line.remaining(), true);
            case 9 -> line.text("AuthenticationSSPI");
            case 10 -> {
                line.text("AuthenticationSASL\t");
                while (line.hasMore() && line.peek() != 0) {
                    line.string();
                }
                line.skipByte();
            }
            case 11 -> line.text("AuthenticationSASLContinue\t").bytes(line.remaining(), true);
            case 12 -> line.text("AuthenticationSASLFinal\t").bytes(line.remaining(), true);
            default -> line.text("Unknown authentication message");
        }
    }
}
