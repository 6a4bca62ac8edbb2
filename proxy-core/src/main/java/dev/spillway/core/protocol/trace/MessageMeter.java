package dev.spillway.core.protocol.trace;

import io.netty.buffer.ByteBuf;

/**
 * Tells which messages pass in one direction of a connection: type, length and a word or two about it, and nothing of what it
 * carries. Told of a message as soon as its beginning is here, the {@link Sink} hears of one that never ends, too.
 *
 * <p>Confined to the event loop of the connection. It borrows what it is given, moves no index of it, and keeps the first
 * {@link #HEAD_BYTES} bytes of one message at most. What is no message ends it: from then on it tells nothing.
 */
public final class MessageMeter {
    /** Who wants to know. */
    @FunctionalInterface
    public interface Sink {
        /**
         * A message has begun.
         *
         * @param lengthBytes all of it, with its type and its length field
         * @param detail names and states, see {@link MessageDetail}; empty: none
         */
        void onMessage(String name, long lengthBytes, String detail);
    }

    /** What is looked at of a message: enough for names, of which PostgreSQL's own have up to 63 bytes. */
    static final int HEAD_BYTES = 256;

    private static final int HEADER_BYTES = 5;

    private final boolean isFrontend;
    private final Sink sink;
    private final byte[] head = new byte[HEAD_BYTES];
    private int headLength;
    /** Of the message that was told of, or was there before. */
    private long left;

    private boolean isShown = true;
    private boolean isLost;

    /** {@code isFrontend}: are these messages of a client? */
    public MessageMeter(boolean isFrontend, Sink sink) {
        this.isFrontend = isFrontend;
        this.sink = sink;
    }

    /** The next bytes are the rest of a message that began before anybody looked. */
    public void skip(int bytes) {
        left += bytes;
    }

    /** These bytes have passed before anybody looked; who began in them and ends later is told of when more comes. */
    public void pass(ByteBuf bytes) {
        isShown = false;
        read(bytes);
        isShown = true;
    }

    public void read(ByteBuf bytes) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end && !isLost) {
            if (left > 0) {
                int rest = (int) Math.min(left, end - at);
                left -= rest;
                at += rest;
            } else {
                int part = Math.min(wanted() - headLength, end - at);
                bytes.getBytes(at, head, headLength, part);
                headLength += part;
                at += part;
                tellIfKnown();
            }
        }
    }

    /** How much of the message is looked at: its header, and then what that says. */
    private int wanted() {
        return headLength < HEADER_BYTES ? HEADER_BYTES : (int) Math.min(HEAD_BYTES, total());
    }

    private long total() {
        int length = (head[1] & 0xff) << 24 | (head[2] & 0xff) << 16 | (head[3] & 0xff) << 8 | (head[4] & 0xff);
        return length + 1L;
    }

    private void tellIfKnown() {
        if (headLength < HEADER_BYTES) {
            return;
        }
        long total = total();
        if (total < HEADER_BYTES) {
            isLost = true;
        } else if (headLength == wanted()) {
            left = total - headLength;
            int known = headLength;
            headLength = 0;
            if (isShown) {
                sink.onMessage(MessageName.of(head[0], isFrontend), total, MessageDetail.of(head, known, isFrontend));
            }
        }
    }
}
