package dev.spillway.server.rehearsal;

import static dev.spillway.core.protocol.MessageWriter.begin;
import static dev.spillway.core.protocol.MessageWriter.end;
import static dev.spillway.core.protocol.MessageWriter.string;

import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What both sides say, as bytes that are made once. */
final class Script {
    static final String DATABASE = "rehearsal";

    /** Of the one user, which is called like the database. */
    static final String PASSWORD = "rehearsal";

    /** Of the file of users. */
    static final String USER_LINE = "\"" + DATABASE + "\" \"" + PASSWORD + "\"\n";

    /** A query whose result is large. */
    static final String MANY_ROWS = "select many rows";

    /** What a proxy asks first; its answer is no. */
    static final int SSL_REQUEST = 80877103;

    private static final String STATEMENT = "s1";
    private static final int TEXT_OID = 25;
    private static final int PIPELINED = 10;

    // What clients say.

    static final byte[] QUERY = bytes(out -> FrontendMessages.query(out, "select 1"));
    static final byte[] EXTENDED = bytes(Script::extended);
    static final byte[] PREPARE = bytes(out -> {
        parse(out, STATEMENT);
        FrontendMessages.sync(out);
    });
    static final byte[] PREPARED = bytes(out -> run(out, STATEMENT));
    static final byte[] MANY = bytes(out -> FrontendMessages.query(out, MANY_ROWS));
    static final byte[] BEGIN = bytes(out -> FrontendMessages.query(out, "begin"));
    static final byte[] COMMIT = bytes(out -> FrontendMessages.query(out, "commit"));
    static final byte[] TERMINATE = bytes(FrontendMessages::terminate);
    static final byte[] PIPELINE = bytes(out -> {
        for (int i = 0; i < PIPELINED; i++) {
            extended(out);
        }
    });

    // What the server says.

    static final byte[] PARSE_COMPLETE = bare('1');
    static final byte[] BIND_COMPLETE = bare('2');
    static final byte[] CLOSE_COMPLETE = bare('3');
    static final byte[] ROW_DESCRIPTION =
            bytes(out -> BackendMessages.rowDescription(out, List.of("text"), List.of(TEXT_OID)));
    static final byte[] ONE_ROW = bytes(out -> rows(out, 1, "1"));
    static final byte[] A_THOUSAND_ROWS = bytes(out -> rows(out, 1000, "x".repeat(80)));

    private Script() {}

    /** The answers that a {@link #PIPELINE} has. */
    static int pipelined() {
        return PIPELINED;
    }

    /** {@code client} says who it is; some have settings of their own. */
    static byte[] startup(int client) {
        Map<String, String> parameters = client % 3 == 0
                ? Map.of("user", DATABASE, "database", DATABASE, "application_name", "client " + client % 2)
                : Map.of("user", DATABASE, "database", DATABASE);
        return bytes(out -> FrontendMessages.startup(out, parameters));
    }

    /** The answer to what it was asked to prove itself. */
    static byte[] password(byte[] body) {
        return bytes(out -> FrontendMessages.password(out, body));
    }

    static byte[] authentication(int code, byte[] body) {
        return bytes(out -> BackendMessages.authentication(out, code, body));
    }

    /** The answer to a login, up to ReadyForQuery. */
    static byte[] welcome(int pid) {
        return bytes(out -> {
            BackendMessages.authentication(out, 0, new byte[0]);
            Map.of(
                            "server_version", "18.0",
                            "server_encoding", "UTF8",
                            "client_encoding", "UTF8",
                            "application_name", "",
                            "DateStyle", "ISO, MDY",
                            "TimeZone", "Etc/UTC",
                            "integer_datetimes", "on",
                            "standard_conforming_strings", "on")
                    .forEach((name, value) -> BackendMessages.parameterStatus(out, name, value));
            int at = begin(out, (byte) 'K');
            out.writeInt(pid).writeInt(pid);
            end(out, at);
            BackendMessages.readyForQuery(out, 'I');
        });
    }

    static byte[] commandComplete(String tag) {
        return bytes(out -> BackendMessages.commandComplete(out, tag));
    }

    static byte[] readyForQuery(char status) {
        return bytes(out -> BackendMessages.readyForQuery(out, status));
    }

    private static byte[] bare(char type) {
        return bytes(out -> BackendMessages.bare(out, (byte) type));
    }

    private static void rows(ByteBuf out, int count, String value) {
        for (int i = 0; i < count; i++) {
            BackendMessages.dataRow(out, List.of(value));
        }
        BackendMessages.commandComplete(out, "SELECT " + count);
    }

    /** Parse, Bind, Describe, Execute, Sync, as drivers send them. */
    private static void extended(ByteBuf out) {
        parse(out, "");
        run(out, "");
    }

    private static void parse(ByteBuf out, String statement) {
        int parse = begin(out, (byte) 'P');
        string(out, statement);
        string(out, "select $1");
        out.writeShort(0);
        end(out, parse);
    }

    private static void run(ByteBuf out, String statement) {
        int bind = begin(out, (byte) 'B');
        string(out, "");
        string(out, statement);
        out.writeShort(0).writeShort(1).writeInt(1).writeBytes("1".getBytes(StandardCharsets.US_ASCII));
        out.writeShort(0);
        end(out, bind);
        int describe = begin(out, (byte) 'D');
        out.writeByte('P');
        string(out, "");
        end(out, describe);
        int execute = begin(out, (byte) 'E');
        string(out, "");
        out.writeInt(0);
        end(out, execute);
        FrontendMessages.sync(out);
    }

    private static byte[] bytes(Consumer<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        writer.accept(out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
