package dev.spillway.core.protocol.startup;

import dev.spillway.core.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * What a load balancer says of a client before the client's first byte: the header of the PROXY protocol, version 2, as
 * HAProxy's {@code proxy-protocol.txt} has it.
 *
 * @param client null where the connection is the balancer's own (LOCAL) or of a kind that has no such address
 */
public record ProxyHeader(@Nullable InetSocketAddress client) {
    /** Far more than addresses and the extensions of today's balancers take, which are skipped. */
    private static final int MAX_BODY_BYTES = 4096;

    private static final byte[] SIGNATURE = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
    private static final int START_BYTES = 16;
    private static final int LOCAL = 0x20;
    private static final int PROXY = 0x21;
    private static final int TCP_4 = 0x11;
    private static final int TCP_6 = 0x21;

    /**
     * Reads a header and moves {@code in}'s reader index behind it.
     *
     * @param in borrowed
     * @return null when more bytes are needed
     * @throws ProtocolViolation when this cannot become a header
     */
    public static @Nullable ProxyHeader decode(ByteBuf in) {
        int start = in.readerIndex();
        requireSignature(in);
        if (in.readableBytes() < START_BYTES) {
            return null;
        }
        int command = in.getUnsignedByte(start + SIGNATURE.length);
        if (command != LOCAL && command != PROXY) {
            throw new ProtocolViolation("the PROXY header has version and command 0x" + Integer.toHexString(command));
        }
        int length = in.getUnsignedShort(start + START_BYTES - 2);
        if (length > MAX_BODY_BYTES) {
            throw new ProtocolViolation("the PROXY header has " + length + " bytes");
        }
        if (in.readableBytes() < START_BYTES + length) {
            return null;
        }
        int family = command == LOCAL ? 0 : in.getUnsignedByte(start + SIGNATURE.length + 1);
        ByteBuf body = in.slice(start + START_BYTES, length);
        in.skipBytes(START_BYTES + length);
        return new ProxyHeader(
                switch (family) {
                    case TCP_4 -> client(body, 4);
                    case TCP_6 -> client(body, 16);
                    default -> null;
                });
    }

    /** At the first wrong byte: a client without a header waits for an answer and would never send sixteen. */
    private static void requireSignature(ByteBuf in) {
        int known = Math.min(in.readableBytes(), SIGNATURE.length);
        for (int i = 0; i < known; i++) {
            if (in.getByte(in.readerIndex() + i) != SIGNATURE[i]) {
                throw new ProtocolViolation("the connection does not begin with a PROXY header, version 2");
            }
        }
    }

    /** Source address, destination address, source port, destination port. */
    private static InetSocketAddress client(ByteBuf body, int addressBytes) {
        if (body.readableBytes() < 2 * addressBytes + 2 * Short.BYTES) {
            throw new ProtocolViolation("the PROXY header is too short for its addresses");
        }
        byte[] address = new byte[addressBytes];
        body.getBytes(0, address);
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), body.getUnsignedShort(2 * addressBytes));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for other lengths than 4 and 16
        }
    }
}
