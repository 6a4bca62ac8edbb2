package dev.spillway.core.protocol.backend;

import static dev.spillway.core.protocol.MessageWriter.begin;
import static dev.spillway.core.protocol.MessageWriter.end;
import static dev.spillway.core.protocol.MessageWriter.string;

import dev.spillway.core.protocol.CancelKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Writes the backend messages that Spillway sends on its own account. Every method borrows {@code out}. */
public final class BackendMessages {
    /** PostgreSQL's type oids; source: {@code src/include/catalog/pg_type.dat}. */
    private static final int INT8_OID = 20;

    private static final int INT4_OID = 23;
    private static final int BOOL_OID = 16;
    private static final int TIMESTAMPTZ_OID = 1184;

    private BackendMessages() {}

    /** An Authentication message of any kind: its code, then its data. */
    public static void authentication(ByteBuf out, int code, byte[] body) {
        out.writeByte(BackendType.AUTHENTICATION)
                .writeInt(8 + body.length)
                .writeInt(code)
                .writeBytes(body);
    }

    public static void backendKeyData(ByteBuf out, CancelKey key) {
        byte[] secret = key.secret();
        out.writeByte(BackendType.BACKEND_KEY_DATA).writeInt(8 + secret.length).writeInt(key.processId());
        out.writeBytes(secret);
    }

    /** Says that {@code newestMinor} of protocol 3 is spoken and that {@code unknownOptions} are not understood. */
    public static void negotiateProtocolVersion(ByteBuf out, int newestMinor, List<String> unknownOptions) {
        int at = begin(out, BackendType.NEGOTIATE_PROTOCOL_VERSION);
        out.writeInt(3 << 16 | newestMinor).writeInt(unknownOptions.size());
        unknownOptions.forEach(option -> string(out, option));
        end(out, at);
    }

    public static void parameterStatus(ByteBuf out, String name, String value) {
        int at = begin(out, BackendType.PARAMETER_STATUS);
        string(out, name);
        string(out, value);
        end(out, at);
    }

    /** {@code status} is 'I' (idle), 'T' (in a transaction) or 'E' (in a failed transaction). */
    public static void readyForQuery(ByteBuf out, char status) {
        out.writeByte(BackendType.READY_FOR_QUERY).writeInt(5).writeByte(status);
    }

    /** A message that has a type and no body. */
    public static void bare(ByteBuf out, byte type) {
        out.writeByte(type).writeInt(4);
    }

    public static void commandComplete(ByteBuf out, String tag) {
        int at = begin(out, BackendType.COMMAND_COMPLETE);
        string(out, tag);
        end(out, at);
    }

    /** A RowDescription of columns of the given types, in text format. */
    public static void rowDescription(ByteBuf out, List<String> names, List<Integer> typeOids) {
        rowDescription(out, names, typeOids, column -> false);
    }

    /** The same, of columns of which some are in binary format. */
    public static void rowDescription(ByteBuf out, List<String> names, List<Integer> typeOids, IntPredicate isBinary) {
        int at = begin(out, BackendType.ROW_DESCRIPTION);
        out.writeShort(names.size());
        for (int i = 0; i < names.size(); i++) {
            string(out, names.get(i));
            int oid = typeOids.get(i);
            out.writeInt(0).writeShort(0).writeInt(oid).writeShort(size(oid));
            out.writeInt(-1).writeShort(isBinary.test(i) ? 1 : 0);
        }
        end(out, at);
    }

    /** A CopyOutResponse: lines of text follow, of so many columns. */
    public static void copyOutResponse(ByteBuf out, int columns) {
        int at = begin(out, BackendType.COPY_OUT_RESPONSE);
        out.writeByte(0).writeShort(columns).writeZero(Short.BYTES * columns);
        end(out, at);
    }

    /** A ParameterDescription of a statement without any. */
    public static void noParameters(ByteBuf out) {
        out.writeByte(BackendType.PARAMETER_DESCRIPTION).writeInt(6).writeShort(0);
    }

    /** {@code typlen}: -1 of what has no size of its own. */
    private static int size(int oid) {
        return switch (oid) {
            case BOOL_OID -> 1;
            case INT8_OID, TIMESTAMPTZ_OID -> Long.BYTES;
            case INT4_OID -> Integer.BYTES;
            default -> -1;
        };
    }

    /** A DataRow in text format; null is SQL's NULL. */
    public static void dataRow(ByteBuf out, List<@Nullable String> values) {
        int at = begin(out, BackendType.DATA_ROW);
        out.writeShort(values.size());
        for (String value : values) {
            if (value == null) {
                out.writeInt(-1);
            } else {
                out.writeInt(ByteBufUtil.utf8Bytes(value));
                ByteBufUtil.writeUtf8(out, value);
            }
        }
        end(out, at);
    }
}
