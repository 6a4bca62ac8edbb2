package dev.spillway.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Frontend messages as bytes, independent of the proxy's own encoder. Named after PostgreSQL's message formats. */
public final class Messages {
    public static final int PROTOCOL_3_0 = 3 << 16;
    public static final int PROTOCOL_3_2 = 3 << 16 | 2;

    private static final int CANCEL_REQUEST_CODE = 80877102;
    static final int SSL_REQUEST_CODE = 80877103;
    private static final int GSSENC_REQUEST_CODE = 80877104;

    private Messages() {}

    public static byte[] startup(int protocolVersion, Map<String, String> parameters) {
        Body body = new Body().int32(protocolVersion);
        parameters.forEach((name, value) -> body.string(name).string(value));
        return untyped(body.byte1(0));
    }

    public static byte[] sslRequest() {
        return untyped(new Body().int32(SSL_REQUEST_CODE));
    }

    public static byte[] gssEncRequest() {
        return untyped(new Body().int32(GSSENC_REQUEST_CODE));
    }

    /** {@code key} is the whole body of BackendKeyData: process id and secret. */
    public static byte[] cancelRequest(byte[] key) {
        return untyped(new Body().int32(CANCEL_REQUEST_CODE).bytes(key));
    }

    public static byte[] password(String password) {
        return typed('p', new Body().string(password));
    }

    public static byte[] query(String sql) {
        return typed('Q', new Body().string(sql));
    }

    public static byte[] parse(String statement, String sql, int... parameterTypes) {
        Body body = new Body().string(statement).string(sql).int16(parameterTypes.length);
        for (int type : parameterTypes) {
            body.int32(type);
        }
        return typed('P', body);
    }

    /** Parameters and results in text format. */
    public static byte[] bind(String portal, String statement, @Nullable String... parameters) {
        Body body = new Body().string(portal).string(statement).int16(0).int16(parameters.length);
        for (String parameter : parameters) {
            body.sized(parameter);
        }
        return typed('B', body.int16(0));
    }

    /** Without parameters, and results in the given formats: 0 text, 1 binary. */
    public static byte[] bindFor(String portal, String statement, int... formats) {
        Body body =
                new Body().string(portal).string(statement).int16(0).int16(0).int16(formats.length);
        for (int format : formats) {
            body.int16(format);
        }
        return typed('B', body);
    }

    public static byte[] describeStatement(String statement) {
        return typed('D', new Body().byte1('S').string(statement));
    }

    public static byte[] describePortal(String portal) {
        return typed('D', new Body().byte1('P').string(portal));
    }

    public static byte[] closeStatement(String statement) {
        return typed('C', new Body().byte1('S').string(statement));
    }

    public static byte[] closePortal(String portal) {
        return typed('C', new Body().byte1('P').string(portal));
    }

    /** {@code maxRows} 0 means all. */
    public static byte[] execute(String portal, int maxRows) {
        return typed('E', new Body().string(portal).int32(maxRows));
    }

    public static byte[] sync() {
        return typed('S', new Body());
    }

    public static byte[] flush() {
        return typed('H', new Body());
    }

    public static byte[] copyData(String data) {
        return typed('d', new Body().bytes(data.getBytes(StandardCharsets.UTF_8)));
    }

    /** What a receiver of replication sends now and then: how far it is, and that it wants no answer. */
    public static byte[] standbyStatusUpdate(long position) {
        byte[] at = ByteBuffer.allocate(Long.BYTES).putLong(position).array();
        return typed('d', new Body().byte1('r').bytes(at).bytes(at).bytes(at).bytes(new byte[Long.BYTES + 1]));
    }

    public static byte[] copyDone() {
        return typed('c', new Body());
    }

    public static byte[] copyFail(String reason) {
        return typed('f', new Body().string(reason));
    }

    /** Arguments and result in text format. */
    public static byte[] functionCall(int function, String... arguments) {
        Body body = new Body().int32(function).int16(0).int16(arguments.length);
        for (String argument : arguments) {
            body.sized(argument);
        }
        return typed('F', body.int16(0));
    }

    public static byte[] terminate() {
        return typed('X', new Body());
    }

    /** Any type byte and any body, correctly framed. */
    public static byte[] raw(char type, byte... body) {
        return typed(type, new Body().bytes(body));
    }

    /** Parse, Bind, Describe, Execute of the unnamed statement; no Sync. */
    public static byte[] extended(String sql, @Nullable String... parameters) {
        return join(parse("", sql), bind("", "", parameters), describePortal(""), execute("", 0));
    }

    public static byte[] join(byte[]... messages) {
        return join(Arrays.asList(messages));
    }

    public static byte[] join(List<byte[]> messages) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        messages.forEach(all::writeBytes);
        return all.toByteArray();
    }

    private static byte[] typed(char type, Body body) {
        byte[] content = body.out.toByteArray();
        return ByteBuffer.allocate(content.length + 5)
                .put((byte) type)
                .putInt(content.length + 4)
                .put(content)
                .array();
    }

    private static byte[] untyped(Body body) {
        byte[] content = body.out.toByteArray();
        return ByteBuffer.allocate(content.length + 4)
                .putInt(content.length + 4)
                .put(content)
                .array();
    }

    private static final class Body {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Body byte1(int value) {
            out.write(value);
            return this;
        }

        Body int16(int value) {
            return byte1(value >> 8).byte1(value);
        }

        Body int32(int value) {
            return int16(value >> 16).int16(value);
        }

        Body bytes(byte[] value) {
            out.writeBytes(value);
            return this;
        }

        Body string(String value) {
            return bytes(value.getBytes(StandardCharsets.UTF_8)).byte1(0);
        }

        Body sized(@Nullable String value) {
            if (value == null) {
                return int32(-1);
            }
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            return int32(bytes.length).bytes(bytes);
        }
    }
}
