package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.protocol.trace.WireTrace;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StateKind;
import dev.spillway.core.session.state.StateQuestion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Consumer;

/**
 * A word for each message that scenes are made of, in one direction. Bytes are told as words only where they are the same,
 * byte for byte; what has no word is told as WireTrace tells it.
 */
final class Words {
    static final Snapshot TOKYO = Snapshot.of(Map.of("TimeZone", "Asia/Tokyo"));
    /** With a setting that nothing may run without. */
    static final Snapshot BOTH = Snapshot.of(Map.of("TimeZone", "Asia/Tokyo", "app.tenant", "1"));

    static final Snapshot TENANT = Snapshot.of(Map.of("app.tenant", "1"));
    private static final Snapshot ONE_MB = Snapshot.of(Map.of("work_mem", "1MB"));
    private static final String ASK = StateQuestion.named(0, Set.of("work_mem"), StateKind.FORBIDDEN_SETTINGS.bit)
            .sql();
    private static final String ASK_ALL = StateQuestion.whole(0, Set.of(), 0).sql();

    /** Q, begin, copy, row, done, R (restore), RN (of nothing), RB (our ROLLBACK), RBS (that, and Sync), ... */
    static final Words FRONTEND = new Words(true)
            .put("RBS", FrontendMessages::rollbackAndSync)
            .query("Q", "select 1")
            .query("begin", "begin")
            .query("commit", "commit")
            .query("copy", "copy t from stdin")
            .query("ROLLBACK", "ROLLBACK")
            .query("empty", "")
            .query("reset", "DISCARD ALL")
            .query("R", TOKYO.restoreSql())
            .query("RTENANT", TENANT.restoreSql())
            .query("RBOTH", BOTH.restoreSql())
            .query("APART", "ROLLBACK;" + TOKYO.restoreApartSql(0))
            .query("APARTBOTH", "ROLLBACK;" + BOTH.restoreApartSql(0))
            .query("APARTTENANT", "ROLLBACK;" + TENANT.restoreApartSql(0))
            .query("BARE", "ROLLBACK;" + Snapshot.NEUTRAL.restoreApartSql(0))
            // what it makes has to be asked
            .query("set", "set work_mem from current")
            .query("setplain", "set work_mem = '1MB'")
            .query("setapp", "set app.tenant = '1'")
            .query(
                    "ASKAPP",
                    StateQuestion.named(0, Set.of("app.tenant"), StateKind.FORBIDDEN_SETTINGS.bit)
                            .sql())
            .query(
                    "ASKBOTHNAMES",
                    StateQuestion.named(0, Set.of("work_mem", "timezone"), StateKind.FORBIDDEN_SETTINGS.bit)
                            .sql())
            .put("PSET", out -> frame(out, 'P', "\0set work_mem = '1MB'\0\0\0"))
            .query("setlocal", "set local work_mem = '1MB'")
            .query("lock", "select pg_advisory_lock(1)")
            .query("do", "do $$ begin end $$")
            .query("ASK", ASK)
            .query("ASKKNOWN", StateQuestion.named(0, Set.of("work_mem"), 0).sql())
            .query(
                    "ASKZONE",
                    StateQuestion.named(0, Set.of("timezone"), StateKind.FORBIDDEN_SETTINGS.bit)
                            .sql())
            .query("unlock", "select pg_advisory_unlock(1)")
            .query(
                    "ASKLOCKS",
                    StateQuestion.named(0, Set.of(), StateKind.LOCKS.bit).sql())
            .query(
                    "ASKBOTH",
                    StateQuestion.named(0, Set.of("work_mem"), StateKind.LOCKS.bit | StateKind.FORBIDDEN_SETTINGS.bit)
                            .sql())
            .query("listen", "listen a")
            .query("unlisten", "unlisten a")
            .query(
                    "ASKCHANNELS",
                    StateQuestion.named(0, Set.of(), StateKind.CHANNELS.bit).sql())
            .query("CLEANCHANNELS", Snapshot.NEUTRAL.restoreSql(StateKind.CHANNELS.bit))
            .query("RLISTEN", Snapshot.NEUTRAL.listening(Set.of("a")).restoreSql())
            .query("ASKEVERY", StateQuestion.whole(0, Set.of(), StateKind.ALL).sql())
            .query("ASKALL", ASK_ALL)
            .query("AGAIN", "ROLLBACK;" + ASK_ALL)
            .query("CLEAN1MB", ONE_MB.restoreSql(StateKind.NAMED_SETTINGS.bit))
            .query("CLEAN", Snapshot.NEUTRAL.restoreSql(StateKind.NAMED_SETTINGS.bit))
            .query("CLEANLOCKS", Snapshot.NEUTRAL.restoreSql(StateKind.LOCKS.bit))
            .query("CLEANALL", Snapshot.NEUTRAL.restoreSql(StateKind.ALL))
            .put("P", out -> frame(out, 'P', "\0select 1\0\0\0"))
            .put("B", out -> frame(out, 'B', "\0\0\0\0\0\0\0\0"))
            .put("E", out -> frame(out, 'E', "\0\0\0\0\0"))
            .put("D", out -> frame(out, 'D', "P\0"))
            .put("F", out -> frame(out, 'F', "\0\0\0\1\0\0\0\0\0\0"))
            .put("S", out -> frame(out, 'S', ""))
            .put("H", out -> frame(out, 'H', ""))
            .put("row", out -> frame(out, 'd', "1\n"))
            .put("done", out -> frame(out, 'c', ""))
            .put("copyfail", out -> FrontendMessages.copyFail(out, "client left"))
            .put("X", FrontendMessages::terminate);

    static final Words BACKEND = new Words(false)
            .put("Z", out -> BackendMessages.readyForQuery(out, 'I'))
            .put("ZT", out -> BackendMessages.readyForQuery(out, 'T'))
            .put("ZE", out -> BackendMessages.readyForQuery(out, 'E'))
            .put("C", out -> BackendMessages.commandComplete(out, "SELECT 1"))
            .put("SET", out -> BackendMessages.commandComplete(out, "SET"))
            .put("DO", out -> BackendMessages.commandComplete(out, "DO"))
            .put("LISTEN", out -> BackendMessages.commandComplete(out, "LISTEN"))
            .put("UNLISTEN", out -> BackendMessages.commandComplete(out, "UNLISTEN"))
            .put("CHANNEL", out -> BackendMessages.dataRow(out, List.of("l", hex("a"), hex(""))))
            .put("news", out -> frame(out, 'A', "\0\0\0\7a\0\0"))
            .put("own", out -> frame(out, 'A', "\0\0\0\11a\0\0"))
            .put("LOCKS", out -> BackendMessages.dataRow(out, List.of("k", hex("LOCKS"), hex(""))))
            .put("made", out -> BackendMessages.dataRow(out, List.of("0", "0")))
            .put("FORBIDDEN", out -> BackendMessages.dataRow(out, List.of("f", hex("work_mem"), hex(""))))
            .put("TOCOME", out -> BackendMessages.dataRow(out, List.of("g", hex("work_mem"), hex(""))))
            .put("1MB", out -> BackendMessages.dataRow(out, List.of("c", hex("work_mem"), hex("1MB"))))
            .put("TENANT", out -> BackendMessages.dataRow(out, List.of("c", hex("app.tenant"), hex("1"))))
            .put("T", out -> BackendMessages.rowDescription(out, List.of("a"), List.of(25)))
            .put("D", out -> BackendMessages.dataRow(out, List.of("x")))
            .put("G", out -> frame(out, 'G', "\0\0\0"))
            .put("I", out -> BackendMessages.bare(out, (byte) 'I'))
            .put("1", out -> BackendMessages.bare(out, (byte) '1'))
            .put("2", out -> BackendMessages.bare(out, (byte) '2'))
            .put("n", out -> BackendMessages.bare(out, (byte) 'n'))
            .put("Tokyo", out -> BackendMessages.parameterStatus(out, "TimeZone", "Asia/Tokyo"))
            .put(
                    "err",
                    out -> ErrorFields.of("ERROR", "22012", "division by zero").writeError(out))
            .put(
                    "cancelled",
                    out -> ErrorFields.of("ERROR", "57014", "canceled").writeError(out))
            .put("fatal", out -> ErrorFields.of("FATAL", "57P01", "admin").writeError(out));

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    private final boolean isFrontend;
    private final Map<String, byte[]> words = new LinkedHashMap<>();

    private Words(boolean isFrontend) {
        this.isFrontend = isFrontend;
    }

    private Words query(String word, String sql) {
        return put(word, out -> FrontendMessages.query(out, sql));
    }

    private Words put(String word, Consumer<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        writer.accept(out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes).release();
        words.put(word, bytes);
        return this;
    }

    private static void frame(ByteBuf out, char type, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        out.writeByte(type).writeInt(bytes.length + 4).writeBytes(bytes);
    }

    byte[] bytes(String word) {
        byte[] bytes = words.get(word);
        if (bytes == null) {
            throw new IllegalArgumentException("no such word: " + word);
        }
        return bytes;
    }

    /** The words that these bytes are; an ErrorResponse that has none is E and its SQLSTATE. */
    String tell(byte[] bytes) {
        StringJoiner told = new StringJoiner(" ");
        int at = 0;
        while (at < bytes.length) {
            int from = at;
            Map.Entry<String, byte[]> word = words.entrySet().stream()
                    .filter(entry -> startsWith(bytes, from, entry.getValue()))
                    .findFirst()
                    .orElse(null);
            if (word != null) {
                told.add(word.getKey());
                at += word.getValue().length;
            } else {
                ByteBuf rest = Unpooled.wrappedBuffer(bytes, at, bytes.length - at);
                int length = rest.readableBytes() < 5 ? Integer.MAX_VALUE : rest.getInt(1) + 1;
                boolean isWhole = length <= rest.readableBytes();
                told.add(isWhole ? other(rest.slice(0, length)) : "cut:" + rest.readableBytes());
                at += isWhole ? length : rest.readableBytes();
            }
        }
        return told.toString();
    }

    private String other(ByteBuf message) {
        if (!isFrontend && message.getByte(0) == 'E') {
            String text = message.toString(StandardCharsets.UTF_8);
            return "E" + text.substring(text.indexOf("\0C", 5) + 2).split("\0", 2)[0];
        }
        return isFrontend
                ? WireTrace.frontend(message, WireTrace.Style.FULL)
                : WireTrace.backend(message, WireTrace.Style.FULL);
    }

    private static boolean startsWith(byte[] bytes, int at, byte[] word) {
        return at + word.length <= bytes.length && Arrays.equals(bytes, at, at + word.length, word, 0, word.length);
    }
}
