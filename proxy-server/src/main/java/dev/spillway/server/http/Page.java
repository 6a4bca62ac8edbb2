package dev.spillway.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;

/** An answer. Immutable, usable from any thread. */
final class Page {
    private static final String TEXT = "text/plain; charset=utf-8";

    private final HttpResponseStatus status;
    private final String contentType;
    private final byte[] body;

    /** Takes {@code body}, which is not changed any more. */
    Page(HttpResponseStatus status, String contentType, byte[] body) {
        this.status = status;
        this.contentType = contentType;
        this.body = body;
    }

    /** A line for people and probes. */
    static Page text(HttpResponseStatus status, String line) {
        return new Page(status, TEXT, (line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Takes {@code body}, which is not changed any more. */
    static Page ok(String contentType, byte[] body) {
        return new Page(HttpResponseStatus.OK, contentType, body);
    }

    HttpResponseStatus status() {
        return status;
    }

    String contentType() {
        return contentType;
    }

    /** Not pooled, to be read once. */
    ByteBuf body() {
        return Unpooled.wrappedBuffer(body);
    }
}
