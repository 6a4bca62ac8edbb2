package dev.spillway.server.pipeline;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * The first message of a handshake of TLS, as far as it says which protocol is to be spoken within. Stateless; borrows its
 * buffers, moves no index, and believes no length.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2">RFC 8446</a>, and RFC 7301 for the names of protocols
 */
final class ClientHello {
    private static final int HEADER_BYTES = 5;
    /** What a record may have, and some more that older versions may add. */
    private static final int LONGEST_RECORD = (1 << 14) + 2048;
    /** In the record: type and length of the message, its version, random bytes. */
    private static final int FIXED_BYTES = HEADER_BYTES + 4 + 2 + 32;

    private static final int ALPN = 16;

    private ClientHello() {}

    /** How many bytes its record has, with its header, of which not all has come yet: the header's. */
    static int length(ByteBuf in) {
        if (in.readableBytes() < HEADER_BYTES) {
            return HEADER_BYTES;
        }
        return Math.min(LONGEST_RECORD, HEADER_BYTES + in.getUnsignedShort(in.readerIndex() + 3));
    }

    /** Is {@code protocol} among those that the client would speak? Not, where that cannot be read. */
    static boolean offers(ByteBuf in, String protocol) {
        int end = in.readerIndex() + Math.min(length(in), in.readableBytes());
        int at = in.readerIndex() + FIXED_BYTES;
        at = skip(in, at, end, 1); // the session
        at = skip(in, at, end, 2); // ciphers
        at = skip(in, at, end, 1); // compression
        int extensionsEnd = Math.min(end, skip(in, at, end, 2));
        at += 2;
        while (at + 4 <= extensionsEnd) {
            int next = skip(in, at + 2, end, 2);
            if (in.getUnsignedShort(at) == ALPN) {
                return isAmong(in, at + 6, Math.min(next, extensionsEnd), protocol);
            }
            at = next;
        }
        return false;
    }

    /** Behind what a length of so many bytes is in front of; beyond {@code end} where there is none. */
    private static int skip(ByteBuf in, int at, int end, int lengthBytes) {
        if (at + lengthBytes > end) {
            return end + 1;
        }
        int length = lengthBytes == 1 ? in.getUnsignedByte(at) : in.getUnsignedShort(at);
        return at + lengthBytes + length;
    }

    private static boolean isAmong(ByteBuf in, int from, int end, String protocol) {
        for (int at = from; at < end; ) {
            int next = skip(in, at, end, 1);
            if (next <= end
                    && in.toString(at + 1, next - at - 1, StandardCharsets.US_ASCII)
                            .equals(protocol)) {
                return true;
            }
            at = next;
        }
        return false;
    }
}
