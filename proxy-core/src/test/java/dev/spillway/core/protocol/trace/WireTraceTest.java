package dev.spillway.core.protocol.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.protocol.trace.WireTrace.Style;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layer (a): each message type, byte for byte. A {@code 0x00} is written as {@code ~} in the tables, a tab as a bar. */
class WireTraceTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "Q; select 1~; F|13|Query| \"select 1\"",
                "B; ~s~!1!1!2!0!2AB-!1!1; F|27|Bind| \"\" \"s\" 1 1 2 2 'AB' -1 1 1",
                "C; Sa~; F|7|Close| S \"a\"",
                "D; P~; F|6|Describe| P \"\"",
                "E; p~!0!7; F|10|Execute| \"p\" 7",
                "F; !0!177!1!0!1!0!2AB!1; F|22|FunctionCall| 177 1 0 1 2 'AB' 1",
                "H; ; F|4|Flush",
                "P; s~select~!1!0!23; F|19|Parse| \"s\" \"select\" 1 23",
                "S; ; F|4|Sync",
                "X; ; F|4|Terminate",
                "c; ; F|4|CopyDone",
                "d; ab~; F|7|CopyData| 'ab\\x00'",
                "f; no~; F|7|CopyFail| \"no\"",
                "p; secret~; F|11|PasswordMessage| 'BBBB'",
                "y; ; F|4|Unknown message: 79",
            })
    void everyFrontendMessageReadsAsInLibpq(String type, String body, String line) {
        ByteBuf message = message(type, body == null ? "" : body);
        assertThat(WireTrace.frontend(message, Style.FULL)).isEqualTo(line.replace('|', '\t'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "1; ; B|4|ParseComplete",
                "2; ; B|4|BindComplete",
                "3; ; B|4|CloseComplete",
                "A; !0!9c~p~; B|12|NotificationResponse| 9 \"c\" \"p\"",
                "C; SELECT 1~; B|13|CommandComplete| \"SELECT 1\"",
                "D; !2!0!1x-; B|15|DataRow| 2 1 'x' -1",
                "E; SERROR~C22012~~; B|19|ErrorResponse| S \"ERROR\" C \"22012\" \\x00",
                "N; SNOTICE~~; B|13|NoticeResponse| S \"NOTICE\" \\x00",
                "G; ~!1!0; B|9|CopyInResponse| \\x00 1 0",
                "H; ~!0; B|7|CopyOutResponse| \\x00 0",
                "W; ~!0; B|7|CopyBothResponse| \\x00 0",
                "I; ; B|4|EmptyQueryResponse",
                "K; !0!7!0!8; B|12|BackendKeyData| 7 'BBBB'",
                "R; !0!0; B|8|AuthenticationOk",
                "R; !0!3; B|8|AuthenticationCleartextPassword",
                "R; !0!5salt; B|12|AuthenticationMD5Password| 'BBBB'",
                "R; !0!10SCRAM-SHA-256~~; B|23|AuthenticationSASL| \"SCRAM-SHA-256\"",
                "R; !0!11xyz; B|11|AuthenticationSASLContinue| 'BBBB'",
                "R; !0!12xyz; B|11|AuthenticationSASLFinal| 'BBBB'",
                "S; TimeZone~UTC~; B|17|ParameterStatus| \"TimeZone\" \"UTC\"",
                "T; !1c~!0!5!1!0!23!4-!0; B|26|RowDescription| 1 \"c\" 5 1 23 4 -1 0",
                "V; !0!1x; B|9|FunctionCallResponse| 1 'x'",
                "Z; I; B|5|ReadyForQuery| I",
                "c; ; B|4|CopyDone",
                "d; ab; B|6|CopyData| 'ab'",
                "n; ; B|4|NoData",
                "s; ; B|4|PortalSuspended",
                "t; !1!0!23; B|10|ParameterDescription| 1 23",
                "v; !3!0!0!1_pq_.x~; B|19|NegotiateProtocolVersion| 196608 1 \"_pq_.x\"",
            })
    void everyBackendMessageReadsAsInLibpq(String type, String body, String line) {
        ByteBuf message = message(type, body == null ? "" : body);
        assertThat(WireTrace.backend(message, Style.FULL)).isEqualTo(line.replace('|', '\t'));
    }

    @Test
    void regressStyleMasksWhatDiffersBetweenServers() {
        assertThat(WireTrace.backend(message("E", "SERROR~Fa.c~L12~Rf~~"), Style.REGRESS))
                .isEqualTo("B\tNN\tErrorResponse\t S \"ERROR\" F \"SSSS\" L \"SSSS\" R \"SSSS\" \\x00");
        assertThat(WireTrace.backend(message("T", "!1c~!0!5!1!0!23!4-!0"), Style.REGRESS))
                .isEqualTo("B\t26\tRowDescription\t 1 \"c\" NNNN 1 NNNN 4 -1 0");
        assertThat(WireTrace.backend(message("d", "ab"), Style.REGRESS)).isEqualTo("B\t6\tCopyData\t 'BBBB'");
    }

    @Test
    void messagesWithoutTypeByteAreNamedByTheirCode() {
        assertThat(WireTrace.startup(bare("!3!0user~bob~~"), Style.FULL))
                .isEqualTo("F\t18\tStartupMessage\t 3 0 \"user\" \"bob\"");
        assertThat(WireTrace.startup(bare("!1234!5678!0!7key!"), Style.FULL))
                .isEqualTo("F\t16\tCancelRequest\t 1234 5678 7 'BBBB'");
        assertThat(WireTrace.startup(bare("!1234!5679"), Style.FULL)).isEqualTo("F\t8\tSSLRequest\t 1234 5679");
        assertThat(WireTrace.startup(bare("!1234!5680"), Style.FULL)).isEqualTo("F\t8\tGSSENCRequest\t 1234 5680");
    }

    @Test
    void messageThatEndsEarlyShowsHexAndHowMuchWasUnderstood() {
        assertThat(WireTrace.backend(message("D", "!3!0!9x"), Style.FULL))
                .isEqualTo("B\t11\tDataRow\t 3 9 \\x78\nmismatched message length: consumed 10, expected 11");
        assertThat(WireTrace.frontend(message("S", "?"), Style.FULL))
                .isEqualTo("F\t5\tSync \\x3f\nmismatched message length: consumed 4, expected 5");
        assertThat(WireTrace.frontend(Unpooled.wrappedBuffer(new byte[] {'Q', 0}), Style.FULL))
                .isEqualTo("F\tTruncated message: \\x5100");
    }

    @Test
    void hostileCountCostsNothing() {
        assertThat(WireTrace.backend(message("D", "--"), Style.FULL)).hasSizeLessThan(200);
    }

    @Test
    void controlCharactersCannotForgeALine() {
        assertThat(WireTrace.frontend(message("Q", "a\nB~"), Style.FULL)).isEqualTo("F\t8\tQuery\t \"a\\x0aB\"");
    }

    @Property
    void garbageNeverThrowsAndMovesNoIndex(@ForAll @Size(max = 80) byte[] garbage) {
        ByteBuf message = Unpooled.wrappedBuffer(garbage);
        for (Style style : Style.values()) {
            assertThat(WireTrace.frontend(message, style)).startsWith("F\t");
            assertThat(WireTrace.backend(message, style)).startsWith("B\t");
            assertThat(WireTrace.startup(message, style)).startsWith("F\t");
        }
        assertThat(message.readerIndex()).isZero();
        assertThat(message.readableBytes()).isEqualTo(garbage.length);
    }

    @Property
    void garbageInAWellFramedMessageNeverThrows(@ForAll byte type, @ForAll @Size(max = 80) byte[] body) {
        ByteBuf message = framed((char) type, Unpooled.wrappedBuffer(body));
        assertThat(WireTrace.frontend(message, Style.FULL)).startsWith("F\t" + (body.length + 4) + "\t");
        assertThat(WireTrace.backend(message, Style.FULL)).startsWith("B\t" + (body.length + 4) + "\t");
    }

    private static ByteBuf message(String type, String body) {
        return framed(type.charAt(0), body(body));
    }

    private static ByteBuf bare(String body) {
        ByteBuf content = body(body);
        return Unpooled.buffer().writeInt(content.readableBytes() + 4).writeBytes(content);
    }

    private static ByteBuf framed(char type, ByteBuf body) {
        return Unpooled.buffer()
                .writeByte(type)
                .writeInt(body.readableBytes() + 4)
                .writeBytes(body);
    }

    /** {@code !n} is a 16-bit number, {@code -} is minus one in 32 bits, {@code ~} a zero byte; the rest stands for itself. */
    private static ByteBuf body(String text) {
        ByteBuf body = Unpooled.buffer();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '!' && i + 1 < text.length() && Character.isDigit(text.charAt(i + 1))) {
                int number = 0;
                while (i + 1 < text.length() && Character.isDigit(text.charAt(i + 1))) {
                    number = number * 10 + text.charAt(++i) - '0';
                }
                body.writeShort(number);
            } else if (c == '-' && !text.contains("SCRAM")) {
                body.writeInt(-1);
            } else {
                body.writeByte(c == '~' ? 0 : c);
            }
        }
        return body;
    }
}
