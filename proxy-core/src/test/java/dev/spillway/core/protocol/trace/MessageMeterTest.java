package dev.spillway.core.protocol.trace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which messages pass, however they are cut up, and nothing of what is in them. A {@code ~} stands for a zero byte. */
class MessageMeterTest {
    private final List<String> told = new ArrayList<>();

    private MessageMeter meter(boolean isFrontend) {
        return new MessageMeter(
                isFrontend, (name, length, detail) -> told.add((name + ' ' + length + ' ' + detail).strip()));
    }

    private static byte[] message(char type, String body) {
        byte[] bytes = body.replace('~', '\0').getBytes(UTF_8);
        return ByteBuffer.allocate(bytes.length + 5)
                .put((byte) type)
                .putInt(bytes.length + 4)
                .put(bytes)
                .array();
    }

    private static ByteBuf bytes(byte[]... messages) {
        return Unpooled.wrappedBuffer(messages);
    }

    private static ByteBuf group() {
        return bytes(
                message('P', "by_key~select * from t where secret = 'value' and k = $1~\0\0"),
                message('B', "p1~by_key~\0\0\0\1\0\0\0\6secret\0\0"),
                message('D', "Sby_key~"),
                message('E', "p1~\0\0\0\0"),
                message('C', "Pp1~"),
                message('S', ""),
                message('Q', "select 'secret'~"),
                message('d', "secret"),
                message('X', ""));
    }

    private static final List<String> GROUP = List.of(
            "Parse 64 statement \"by_key\"",
            "Bind 31 portal \"p1\", statement \"by_key\"",
            "Describe 13 statement \"by_key\"",
            "Execute 12 portal \"p1\"",
            "Close 9 portal \"p1\"",
            "Sync 5",
            "Query 21",
            "CopyData 11",
            "Terminate 5");

    @Test
    void messagesOfAClientAreNamedWithoutWhatTheyCarry() {
        meter(true).read(group());
        assertThat(told).isEqualTo(GROUP);
        assertThat(told.toString()).doesNotContain("secret");
    }

    @Test
    void whereTheyAreCutMakesNoDifference() {
        ByteBuf whole = group();
        for (int at = 0; at <= whole.readableBytes(); at++) {
            told.clear();
            MessageMeter meter = meter(true);
            meter.read(whole.slice(0, at));
            meter.read(whole.slice(at, whole.readableBytes() - at));
            assertThat(told).as("cut at %d", at).isEqualTo(GROUP);
        }
        told.clear();
        MessageMeter meter = meter(true);
        for (int at = 0; at < whole.readableBytes(); at++) {
            meter.read(whole.slice(at, 1));
        }
        assertThat(told).isEqualTo(GROUP);
    }

    @Test
    void theIndexesOfABufferStayWhereTheyAre() {
        ByteBuf whole = group();
        ByteBuf part = whole.slice(0, whole.readableBytes()).skipBytes(0);
        meter(true).read(part);
        assertThat(part.readerIndex()).isZero();
        assertThat(part.readableBytes()).isEqualTo(whole.readableBytes());
        assertThat(part.refCnt()).isOne();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 |                                         | ParseComplete 5",
                "2 |                                         | BindComplete 5",
                "C | SELECT 1~                               | CommandComplete 14 SELECT 1",
                "S | application_name~secret~                | ParameterStatus 29 application_name",
                "Z | T                                       | ReadyForQuery 6 T",
                "E | SERROR~VERROR~C22012~Msecret~~          | ErrorResponse 35 22012",
                "E | Msecret~C42P01~~                        | ErrorResponse 21 42P01",
                "E | Msecret~~                               | ErrorResponse 14",
                "N | SNOTICE~C01000~Msecret~~                | NoticeResponse 29 01000",
                "D | secret                                  | DataRow 11",
                "T | secret                                  | RowDescription 11",
                "A | secret                                  | NotificationResponse 11",
                "y | secret                                  | unknown type 121 11",
            })
    void messagesOfAServerAreNamedWithHowItWent(char type, String body, String text) {
        meter(false).read(bytes(message(type, body == null ? "" : body)));
        assertThat(told).containsExactly(text);
    }

    @Test
    void aLongMessageIsToldOfWhenItBeginsAndCountedToItsEnd() {
        ByteBuf head = Unpooled.buffer().writeByte('d').writeInt(1_000_000_004).writeBytes(new byte[1000]);
        MessageMeter meter = meter(false);
        meter.read(head);
        assertThat(told).containsExactly("CopyData 1000000005");
        ByteBuf part = Unpooled.wrappedBuffer(new byte[1_000_000]);
        for (int left = 999; left > 0; left--) {
            meter.read(part);
        }
        meter.read(part.slice(0, 999_000));
        meter.read(bytes(message('Z', "I")));
        assertThat(told).containsExactly("CopyData 1000000005", "ReadyForQuery 6 I");
    }

    @Test
    void whoBeginsInTheMiddleOfAMessageIsNotLost() {
        ByteBuf whole = group();
        for (int at = 0; at <= 64; at++) {
            told.clear();
            MessageMeter afterHead = meter(true);
            afterHead.skip(64 - at);
            afterHead.read(whole.slice(at, whole.readableBytes() - at));
            assertThat(told).isEqualTo(GROUP.subList(1, GROUP.size()));

            told.clear();
            MessageMeter afterBeginning = meter(true);
            afterBeginning.pass(whole.slice(0, at));
            assertThat(told).isEmpty();
            afterBeginning.read(whole.slice(at, whole.readableBytes() - at));
            assertThat(told).as("%d", at).isEqualTo(at == 64 ? GROUP.subList(1, GROUP.size()) : GROUP);
        }
    }

    @Test
    void namesAreCutShortAndBreakNoLine() {
        meter(true).read(bytes(message('P', "a\nb\u001b[2Jc~~\0\0")));
        meter(true).read(bytes(message('P', "n".repeat(1000) + "~~\0\0")));
        meter(true).read(bytes(message('D', "")));
        meter(true).read(bytes(message('B', "")));
        assertThat(told)
                .containsExactly(
                        "Parse 17 statement \"a?b?[2Jc\"",
                        "Parse 1009 statement \"" + "n".repeat(64) + "...\"",
                        "Describe 5",
                        "Bind 5 portal \"\", statement \"\"");
    }

    @Test
    void whatIsNoMessageEndsIt() {
        MessageMeter meter = meter(true);
        meter.read(Unpooled.buffer().writeByte('Q').writeInt(3).writeBytes(new byte[100]));
        meter.read(group());
        assertThat(told).isEmpty();
    }

    @Property
    void anyBytesAreRead(@ForAll byte[] bytes, @ForAll boolean isFrontend) {
        MessageMeter meter = new MessageMeter(isFrontend, (name, length, detail) -> {});
        for (byte next : bytes) {
            meter.read(Unpooled.wrappedBuffer(new byte[] {next, 0, 0, 0, next}));
        }
        meter.read(Unpooled.wrappedBuffer(bytes));
    }
}
