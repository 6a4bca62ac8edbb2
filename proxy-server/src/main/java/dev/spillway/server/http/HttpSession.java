package dev.spillway.server.http;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP connection: answers GET and HEAD, in the order in which they come.
 *
 * <p>Called by Netty on the channel's event loop; pages come from other threads and are written there. Each request has a time
 * to be complete and answered, so that nobody holds a connection by being slow; bodies are refused unread. After an answer that
 * is the last it reads on for a moment: a connection that is closed with unread bytes would take the answer with it.
 */
final class HttpSession extends ChannelInboundHandlerAdapter {
    /** From the beginning, or from a whole request, until the answer is sent. */
    private static final long REQUEST_LIMIT_MILLIS = 10_000;
    /** For whoever is above the limit. */
    private static final long CROWDED_LIMIT_MILLIS = 2_000;
    /** Between an answer and the next request; longer than scrapes are usually apart. */
    private static final long IDLE_LIMIT_MILLIS = 75_000;
    /** For a peer to take the last answer and go. */
    private static final long LINGER_MILLIS = 1_000;
    /** Requests that may wait behind one; whoever sends more is disconnected. */
    private static final int MOST_PENDING = 16;

    private final Pages pages;
    private final boolean isCrowded;
    private final Queue<HttpRequest> pending = new ArrayDeque<>(0);
    private boolean isAnswering;
    private boolean isOver;
    private @Nullable ScheduledFuture<?> deadline;

    HttpSession(Pages pages, boolean isCrowded) {
        this.pages = pages;
        this.isCrowded = isCrowded;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext own) {
        limit(own, isCrowded ? CROWDED_LIMIT_MILLIS : REQUEST_LIMIT_MILLIS);
    }

    @Override
    public void channelRead(ChannelHandlerContext own, Object message) {
        try {
            if (message instanceof HttpRequest request && !isOver) {
                onRequest(own, request);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void onRequest(ChannelHandlerContext own, HttpRequest request) {
        if (pending.size() == MOST_PENDING) {
            close(own);
            return;
        }
        pending.add(request);
        answerNext(own);
    }

    private void answerNext(ChannelHandlerContext own) {
        HttpRequest request = isAnswering || isOver ? null : pending.poll();
        if (request == null) {
            return;
        }
        isAnswering = true;
        limit(own, REQUEST_LIMIT_MILLIS);
        Page refusal = refusal(request);
        if (refusal != null) {
            write(own, refusal, true);
            return;
        }
        boolean isLast = isCrowded || !HttpUtil.isKeepAlive(request);
        String accept = request.headers().get(HttpHeaderNames.ACCEPT, "");
        var _ = pages.answer(path(request), accept, isCrowded)
                .whenCompleteAsync(
                        (page, failure) -> write(own, page == null ? Pages.failed(failure) : page, isLast),
                        own.executor());
    }

    /** What is wrong with it, or null. */
    private static @Nullable Page refusal(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return switch (request.decoderResult().cause()) {
                case TooLongHttpLineException tooLong ->
                    Page.text(HttpResponseStatus.REQUEST_URI_TOO_LONG, "the request line is too long");
                case TooLongHttpHeaderException tooLong ->
                    Page.text(HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long");
                default -> Page.text(HttpResponseStatus.BAD_REQUEST, "this is no request");
            };
        }
        boolean isRead =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        if (!isRead) {
            return Page.text(HttpResponseStatus.METHOD_NOT_ALLOWED, "nothing can be changed here: GET and HEAD only");
        }
        String length = request.headers().get(HttpHeaderNames.CONTENT_LENGTH, "0");
        boolean hasBody = HttpUtil.isTransferEncodingChunked(request) || !length.equals("0");
        return hasBody ? Page.text(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "a request here has no content") : null;
    }

    private static String path(HttpRequest request) {
        return request.uri().split("[?#]", 2)[0];
    }

    private void write(ChannelHandlerContext own, Page page, boolean isLast) {
        if (!own.channel().isActive()) {
            return;
        }
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, page.status(), page.body());
        HttpHeaders headers = response.headers();
        headers.set(HttpHeaderNames.CONTENT_TYPE, page.contentType())
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .set(HttpHeaderNames.CONTENT_SECURITY_POLICY, page.policy())
                .set("x-content-type-options", "nosniff")
                .set("referrer-policy", "no-referrer")
                .set(HttpHeaderNames.CONNECTION, isLast ? HttpHeaderValues.CLOSE : HttpHeaderValues.KEEP_ALIVE);
        if (page.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            headers.set(HttpHeaderNames.ALLOW, "GET, HEAD");
        }
        isOver |= isLast;
        own.writeAndFlush(response).addListener(written -> {
            if (!written.isSuccess()) {
                close(own);
            } else if (isLast) {
                linger(own);
            } else {
                isAnswering = false;
                limit(own, IDLE_LIMIT_MILLIS);
                answerNext(own);
            }
        });
    }

    private void linger(ChannelHandlerContext own) {
        pending.clear();
        limit(own, LINGER_MILLIS);
        SslHandler tls = own.pipeline().get(SslHandler.class);
        if (own.channel() instanceof DuplexChannel channel) {
            ChannelFuture said = tls == null ? own.newSucceededFuture() : tls.closeOutbound();
            said.addListener(done -> {
                var _ = channel.shutdownOutput();
            });
        } else {
            close(own);
        }
    }

    private void limit(ChannelHandlerContext own, long millis) {
        unlimit();
        deadline = own.executor().schedule(() -> close(own), millis, TimeUnit.MILLISECONDS);
    }

    private void unlimit() {
        ScheduledFuture<?> before = deadline;
        if (before != null) {
            before.cancel(false);
        }
    }

    private void close(ChannelHandlerContext own) {
        isOver = true;
        own.channel().config().setAutoRead(false); // its next read could outlive the connection, with io_uring
        var _ = own.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext own) {
        isOver = true;
        unlimit();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext own, Throwable cause) {
        close(own); // a peer that broke off
    }
}
