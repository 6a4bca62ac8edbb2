package dev.spillway.core.protocol.frontend;

import static dev.spillway.core.protocol.MessageWriter.begin;
import static dev.spillway.core.protocol.MessageWriter.end;
import static dev.spillway.core.protocol.MessageWriter.string;

import dev.spillway.core.protocol.CancelKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Map;

/** Writes the frontend messages that Spillway sends on its own account. Every method borrows {@code out}. */
public final class FrontendMessages {
    private static final int CANCEL_REQUEST_CODE = 80877102;
    private static final int SSL_REQUEST_CODE = 80877103;
    private static final int PROTOCOL_3_0 = 196608;

    private FrontendMessages() {}

    /** A StartupMessage of protocol 3.0 with these parameters. */
    public static void startup(ByteBuf out, Map<String, String> parameters) {
        int at = out.writerIndex();
        out.writeInt(0).writeInt(PROTOCOL_3_0);
        parameters.forEach((name, value) -> {
            string(out, name);
            string(out, value);
        });
        out.writeByte(0);
        out.setInt(at, out.writerIndex() - at);
    }

    /** Asks for TLS; answered by one byte. */
    public static void sslRequest(ByteBuf out) {
        out.writeInt(8).writeInt(SSL_REQUEST_CODE);
    }

    /** A CancelRequest with the key that the server gave. */
    public static void cancelRequest(ByteBuf out, CancelKey key) {
        byte[] secret = key.secret();
        out.writeInt(12 + secret.length).writeInt(CANCEL_REQUEST_CODE).writeInt(key.processId());
        out.writeBytes(secret);
    }

    public static void query(ByteBuf out, String sql) {
        int at = begin(out, FrontendType.QUERY);
        string(out, sql);
        end(out, at);
    }

    /** The same of a text in whatever encoding the server expects. */
    public static void query(ByteBuf out, byte[] sql) {
        int at = begin(out, FrontendType.QUERY);
        out.writeBytes(sql).writeByte(0);
        end(out, at);
    }

    /** Parse, Bind and Execute of ROLLBACK in the unnamed statement and portal, and the Sync that ends the group. */
    public static void rollbackAndSync(ByteBuf out) {
        int parse = begin(out, FrontendType.PARSE);
        string(out, "");
        string(out, "ROLLBACK");
        out.writeShort(0);
        end(out, parse);
        // two empty names, then no formats, no parameters, no result formats
        out.writeByte(FrontendType.BIND)
                .writeInt(12)
                .writeShort(0)
                .writeShort(0)
                .writeShort(0)
                .writeShort(0);
        out.writeByte(FrontendType.EXECUTE).writeInt(9).writeByte(0).writeInt(0);
        out.writeByte(FrontendType.SYNC).writeInt(4);
    }

    /**
     * Parse, Bind and Execute of {@code sql} in the unnamed statement and portal, {@code $1} being {@code parameter}, and the Sync
     * that ends the group. Rows come as text, at most {@code mostRows} of them.
     */
    public static void ask(ByteBuf out, String sql, String parameter, int mostRows) {
        int parse = begin(out, FrontendType.PARSE);
        string(out, "");
        string(out, sql);
        out.writeShort(0);
        end(out, parse);
        int bind = begin(out, FrontendType.BIND);
        out.writeShort(0).writeShort(0).writeShort(1); // two empty names, no formats, one parameter
        out.writeInt(ByteBufUtil.utf8Bytes(parameter));
        ByteBufUtil.writeUtf8(out, parameter);
        out.writeShort(0);
        end(out, bind);
        out.writeByte(FrontendType.EXECUTE).writeInt(9).writeByte(0).writeInt(mostRows);
        sync(out);
    }

    /** A Parse of that name; {@code body} is all that follows the name and its NUL. */
    public static void parse(ByteBuf out, byte[] name, byte[] body) {
        int at = begin(out, FrontendType.PARSE);
        out.writeBytes(name).writeByte(0).writeBytes(body);
        end(out, at);
    }

    /** A Close of the prepared statement of that name. */
    public static void closeStatement(ByteBuf out, byte[] name) {
        int at = begin(out, FrontendType.CLOSE);
        out.writeByte('S').writeBytes(name).writeByte(0);
        end(out, at);
    }

    /** A Describe of the prepared statement of that name. */
    public static void describeStatement(ByteBuf out, byte[] name) {
        int at = begin(out, FrontendType.DESCRIBE);
        out.writeByte('S').writeBytes(name).writeByte(0);
        end(out, at);
    }

    public static void sync(ByteBuf out) {
        out.writeByte(FrontendType.SYNC).writeInt(4);
    }

    public static void flush(ByteBuf out) {
        out.writeByte(FrontendType.FLUSH).writeInt(4);
    }

    public static void terminate(ByteBuf out) {
        out.writeByte(FrontendType.TERMINATE).writeInt(4);
    }

    public static void copyFail(ByteBuf out, String reason) {
        int at = begin(out, FrontendType.COPY_FAIL);
        string(out, reason);
        end(out, at);
    }

    /** A PasswordMessage, SASLInitialResponse or SASLResponse with this body. */
    public static void password(ByteBuf out, byte[] body) {
        out.writeByte(FrontendType.PASSWORD).writeInt(4 + body.length).writeBytes(body);
    }
}
