package dev.spillway.server.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import java.nio.charset.StandardCharsets;

/** Makes a connection one of HTTP. Called on its event loop. */
public final class HttpEntrance {
    private static final int MAX_LINE_BYTES = 2048;
    private static final int MAX_HEADER_BYTES = 8192;

    private static final byte[] BAD_REQUEST =
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    private static final byte[] FAILED =
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    private HttpEntrance() {}

    /** {@code isCrowded}: there are so many that this one is told little and goes. */
    public static void open(ChannelPipeline pipeline, Pages pages, boolean isCrowded) {
        HttpDecoderConfig limits =
                new HttpDecoderConfig().setMaxInitialLineLength(MAX_LINE_BYTES).setMaxHeaderSize(MAX_HEADER_BYTES);
        pipeline.addLast("http", new HttpServerCodec(limits));
        pipeline.addLast("pages", new HttpSession(pages, isCrowded));
    }

    /** Loads what the first request needs, by answering one that nobody has sent. Takes long, so it is done on a thread of its own. */
    public static void prepare(Pages pages) {
        EmbeddedChannel rehearsal = new EmbeddedChannel();
        open(rehearsal.pipeline(), pages, false);
        rehearsal.writeInbound(Unpooled.copiedBuffer("GET /nowhere HTTP/1.1\r\n\r\n", StandardCharsets.US_ASCII));
        rehearsal.runPendingTasks();
        rehearsal.finishAndReleaseAll();
    }

    /** Tells whoever speaks something else so. */
    public static void refuse(Channel channel) {
        end(channel, BAD_REQUEST);
    }

    /** Tells a client that there are no pages, through a fault of ours. */
    public static void fail(Channel channel) {
        end(channel, FAILED);
    }

    private static void end(Channel channel, byte[] answer) {
        channel.config().setAutoRead(false); // its next read could outlive the connection, with io_uring
        channel.writeAndFlush(Unpooled.wrappedBuffer(answer)).addListener(ChannelFutureListener.CLOSE);
    }
}
