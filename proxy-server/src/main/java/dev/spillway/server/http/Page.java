package dev.spillway.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/** An answer. Immutable, usable from any thread. */
final class Page {
    private static final String NOTHING = "default-src 'none'; frame-ancestors 'none'";
    private static final String TEXT = "text/plain; charset=utf-8";

    private final HttpResponseStatus status;
    private final String contentType;
    private final String policy;
    private final byte[] body;

    /** Takes {@code body}, which is not changed any more. */
    private Page(HttpResponseStatus status, String contentType, String policy, byte[] body) {
        this.status = status;
        this.contentType = contentType;
        this.policy = policy;
        this.body = body;
    }

    /** A line for people and probes. */
    static Page text(HttpResponseStatus status, String line) {
        return new Page(status, TEXT, NOTHING, (line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Takes {@code body}, which is not changed any more. */
    static Page ok(String contentType, byte[] body) {
        return new Page(HttpResponseStatus.OK, contentType, NOTHING, body);
    }

    /** The same under another Content-Security-Policy. */
    Page under(String otherPolicy) {
        return new Page(status, contentType, otherPolicy, body);
    }

    HttpResponseStatus status() {
        return status;
    }

    /** What a browser may do for it: its Content-Security-Policy. */
    String policy() {
        return policy;
    }

    String contentType() {
        return contentType;
    }

    /** Not pooled, to be read once. */
    ByteBuf body() {
        return Unpooled.wrappedBuffer(body);
    }
}
