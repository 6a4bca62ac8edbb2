package dev.spillway.core.protocol.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorFieldsTest {
    private static final ErrorFields ERROR =
            ErrorFields.of("FATAL", "57P01", "ende — ü").with('D', "").with('H', "wait");

    @Test
    void whatIsWrittenIsReadAgain() {
        ByteBuf out = Unpooled.buffer().writeByte('x');
        ERROR.writeError(out);
        assertThat(out.getByte(1)).isEqualTo(BackendType.ERROR_RESPONSE);
        assertThat(out.getInt(2)).isEqualTo(out.writerIndex() - 2);
        assertThat(ErrorFields.read(new MessageCursor(out, 1 + FrameReader.HEADER_BYTES, out.writerIndex())))
                .isEqualTo(ERROR);
        assertThat(ERROR.fields().keySet()).containsExactly('S', 'V', 'C', 'M', 'D', 'H');
    }

    @Test
    void noticeDiffersInItsTypeOnly() {
        ByteBuf error = Unpooled.buffer();
        ByteBuf notice = Unpooled.buffer();
        ERROR.writeError(error);
        ERROR.writeNotice(notice);
        assertThat(notice.getByte(0)).isEqualTo(BackendType.NOTICE_RESPONSE);
        assertThat(notice.slice(1, notice.writerIndex() - 1)).isEqualTo(error.slice(1, error.writerIndex() - 1));
    }

    @Test
    void nulInATextCannotEndItsField() {
        ByteBuf out = Unpooled.buffer();
        ErrorFields.of("ERROR", "XX000", "a\0Mb").writeError(out);
        assertThat(ErrorFields.read(new MessageCursor(out, FrameReader.HEADER_BYTES, out.writerIndex()))
                        .message())
                .isEqualTo("a?Mb");
    }

    @Test
    void missingFieldsHaveDefaults() {
        ErrorFields none = new ErrorFields(Map.of());
        assertThat(none.severity()).isEqualTo("ERROR");
        assertThat(none.sqlstate()).isEqualTo("XX000");
        assertThat(none.message()).isEmpty();
        assertThat(none.isFatal()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"FATAL, true", "PANIC, true", "ERROR, false", "WARNING, false"})
    void fatalAndPanicEndTheConnection(String severity, boolean fatal) {
        assertThat(ErrorFields.of(severity, "XX000", "m").isFatal()).isEqualTo(fatal);
    }

    @Test
    void untranslatedSeverityDecides() {
        assertThat(new ErrorFields(Map.of('S', "FATAL", 'V', "ERROR")).isFatal())
                .isFalse();
        assertThat(new ErrorFields(Map.of('S', "FATAL")).isFatal()).isTrue();
    }

    @Test
    void everyTruncationIsAViolation() {
        ByteBuf out = Unpooled.buffer();
        ERROR.writeError(out);
        for (int end = FrameReader.HEADER_BYTES; end < out.writerIndex(); end++) {
            MessageCursor body = new MessageCursor(out, FrameReader.HEADER_BYTES, end);
            assertThatThrownBy(() -> ErrorFields.read(body)).isInstanceOf(ProtocolViolation.class);
        }
    }

    @Test
    void randomBytesAreNothingWorseThanAViolation() {
        for (int seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = new byte[random.nextInt(300)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextInt(3) == 0 ? 0 : random.nextInt());
            }
            try {
                ErrorFields fields =
                        ErrorFields.read(new MessageCursor(Unpooled.wrappedBuffer(bytes), 0, bytes.length));
                assertThat(fields.fields().size()).as("seed %d", seed).isLessThanOrEqualTo(64);
            } catch (ProtocolViolation violation) {
                assertThat(violation.text()).isNotEmpty();
            }
        }
    }
}
