package dev.spillway.core.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.protocol.frontend.FrontendType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layer (b): wherever the bytes are cut, the frames are the same, and no buffer is left. */
class FrameReaderTest {
    private static final int LIMIT_BYTES = 100;
    private static final int[] BODY_LENGTHS = {0, 7, 1, 0, 30, 96, 3, 0};

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);

    @AfterEach
    void everyBufferIsReleased() {
        assertThat(allocator.metric().usedHeapMemory()).isZero();
        assertThat(allocator.metric().usedDirectMemory()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 12, LIMIT_BYTES + 1})
    void framesAreTheSameWhereverTheBytesAreCut(int wholeUpToBytes) {
        byte[] stream = stream();
        for (int cut = 0; cut <= stream.length; cut++) {
            Collector collector = new Collector(wholeUpToBytes);
            collector.read(stream, 0, cut);
            collector.read(stream, cut, stream.length);
            collector.close();
            assertThat(collector.frames).as("cut at %d", cut).isEqualTo(expectedFrames());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 12, LIMIT_BYTES + 1})
    void framesAreTheSameInRandomChunks(int wholeUpToBytes) {
        byte[] stream = stream();
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            Collector collector = new Collector(wholeUpToBytes);
            int at = 0;
            while (at < stream.length) {
                int to = Math.min(stream.length, at + random.nextInt(1 + random.nextInt(40)));
                collector.read(stream, at, to);
                at = to;
            }
            collector.close();
            assertThat(collector.frames).as("seed %d", seed).isEqualTo(expectedFrames());
        }
    }

    @Test
    void frameThatMustBeWholeIsNeverSeenInPieces() {
        byte[] stream = stream();
        for (int cut = 0; cut <= stream.length; cut++) {
            Collector collector = new Collector(LIMIT_BYTES + 1);
            collector.read(stream, 0, cut);
            collector.read(stream, cut, stream.length);
            collector.close();
            assertThat(collector.pieces).as("cut at %d", cut).isEqualTo(BODY_LENGTHS.length);
        }
    }

    @Test
    void frameTooLongToWaitForIsSeenAtOnceAndNothingIsHeld() {
        byte[] stream = frame((byte) 'd', 90);
        Collector collector = new Collector(12);
        collector.read(stream, 0, 20);
        assertThat(collector.pieces).isEqualTo(1);
        assertThat(collector.reader.isInsideFrame()).isTrue();
        assertThat(collector.reader.heldBytes()).isZero();
        assertThat(allocator.metric().usedHeapMemory()).isZero();
        collector.close();
    }

    @Test
    void headOfAFrameTooLongToWaitForIsAllOfItThatHasCome() {
        byte[] stream = frame((byte) 'd', 90);
        for (int cut = 0; cut < FrameReader.HEADER_BYTES; cut++) {
            Collector collector = new Collector(12);
            collector.read(stream, 0, cut);
            collector.read(stream, cut, 60);
            assertThat(collector.pieces).as("cut at %d", cut).isEqualTo(1);
            assertThat(collector.reader.missing()).isEqualTo(stream.length - 60);
            collector.close();
        }
    }

    @Test
    void heldBytesAreThoseOfTheSplitFrame() {
        byte[] stream = frame((byte) 'd', 90);
        for (int cut = 1; cut < stream.length; cut++) {
            Collector collector = new Collector(LIMIT_BYTES + 1);
            collector.read(stream, 0, cut);
            assertThat(collector.reader.heldBytes()).isEqualTo(cut);
            collector.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "d, 0, length",
        "d, 3, length",
        "d, -1, length",
        "d, -2147483648, length",
        "d, 2147483647, length",
        "d, 101, length",
        "z, 4, type",
        "z, -1, type",
    })
    void hostileHeaderIsAViolationWhereverItIsCut(char type, int length, String complaint) {
        for (int cut = 0; cut < FrameReader.HEADER_BYTES; cut++) {
            Collector collector = new Collector(LIMIT_BYTES + 1);
            ByteBuf header = allocator.buffer(FrameReader.HEADER_BYTES);
            header.writeByte(type).writeInt(length);
            byte[] bytes = new byte[FrameReader.HEADER_BYTES];
            header.readBytes(bytes).release();
            collector.read(bytes, 0, cut);
            int from = cut;
            assertThatThrownBy(() -> collector.read(bytes, from, bytes.length))
                    .isInstanceOf(ProtocolViolation.class)
                    .hasMessageContaining(complaint);
            collector.close();
        }
    }

    @Test
    void longestAllowedFramePasses() {
        byte[] stream = frame((byte) 'd', LIMIT_BYTES - 4);
        Collector collector = new Collector(0);
        collector.read(stream, 0, stream.length);
        collector.close();
        assertThat(collector.frames).hasSize(1);
    }

    @Test
    void rulesThatChangeCountFromTheNextFrame() {
        byte[] stream = stream();
        Collector collector = new Collector(LIMIT_BYTES + 1);
        collector.read(stream, 0, 5);
        collector.reader.changeRules(FrameRules.forbidAll("frontend"));
        assertThatThrownBy(() -> collector.read(stream, 5, stream.length)).isInstanceOf(ProtocolViolation.class);
        collector.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 12, LIMIT_BYTES + 1})
    void whatIsTakenBackIsReadAgainIdentically(int wholeUpToBytes) {
        byte[] stream = stream();
        for (int cut = 0; cut <= stream.length; cut++) {
            for (int frame = 0; frame < BODY_LENGTHS.length; frame++) {
                Collector collector = new Collector(wholeUpToBytes);
                collector.takeBackAt = frame;
                collector.read(stream, 0, cut);
                collector.read(stream, cut, stream.length);
                collector.close();
                assertThat(collector.takeBackAt).as("taken back").isEqualTo(-1);
                assertThat(collector.frames)
                        .as("cut at %d, frame %d taken back", cut, frame)
                        .isEqualTo(expectedFrames());
            }
        }
    }

    @Test
    void continuationCannotBeTakenBack() {
        byte[] stream = frame((byte) 'd', 90);
        Collector collector = new Collector(0);
        collector.read(stream, 0, 50);
        collector.reader.feed(collector.chunk(stream, 50, stream.length));
        assertThat(collector.reader.next()).isTrue();
        assertThat(collector.reader.isContinuation()).isTrue();
        assertThatThrownBy(collector.reader::takeBack).isInstanceOf(IllegalStateException.class);
        collector.close();
    }

    @Test
    void randomBytesGiveFramesOrAViolation() {
        for (int seed = 0; seed < 3_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = new byte[random.nextInt(60)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextInt(3) > 0 ? random.nextInt(8) : "QdSXB".charAt(random.nextInt(5)));
            }
            FrameReader reader = new FrameReader(allocator, FrontendType.READY_RULES);
            try {
                for (int at = 0; at < bytes.length; at += 9) {
                    reader.feed(allocator.buffer().writeBytes(bytes, at, Math.min(9, bytes.length - at)));
                    while (reader.next()) {
                        assertThat(reader.end()).isGreaterThan(reader.start());
                    }
                    reader.finish();
                }
            } catch (ProtocolViolation violation) {
                assertThat(violation.text()).contains("frontend");
            }
            reader.close();
        }
    }

    private static byte[] frame(byte type, int bodyLength) {
        byte[] frame = new byte[FrameReader.HEADER_BYTES + bodyLength];
        frame[0] = type;
        frame[4] = (byte) (bodyLength + 4);
        for (int i = 0; i < bodyLength; i++) {
            frame[FrameReader.HEADER_BYTES + i] = (byte) (i * 31 + bodyLength);
        }
        return frame;
    }

    private static byte[] stream() {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int length : BODY_LENGTHS) {
            stream.writeBytes(frame((byte) 'd', length));
        }
        return stream.toByteArray();
    }

    private static List<String> expectedFrames() {
        List<String> frames = new ArrayList<>();
        for (int length : BODY_LENGTHS) {
            frames.add(HexFormat.of().formatHex(frame((byte) 'd', length)));
        }
        return frames;
    }

    /** Reads as a session does and puts the frames together from their pieces. */
    private final class Collector {
        final FrameReader reader;
        final List<String> frames = new ArrayList<>();
        int pieces;
        /** The number of the frame to take back once; then -1. */
        int takeBackAt = -1;

        private final ByteArrayOutputStream current = new ByteArrayOutputStream();

        Collector(int wholeUpToBytes) {
            reader = new FrameReader(
                    allocator, FrameRules.forbidAll("frontend").allow((byte) 'd', LIMIT_BYTES, wholeUpToBytes));
        }

        ByteBuf chunk(byte[] bytes, int from, int to) {
            // An offset of its own, so that positions relative to the reader index are noticed.
            ByteBuf chunk = allocator.buffer().writeBytes(new byte[] {'x', 'x', 'x'});
            chunk.writeBytes(Arrays.copyOfRange(bytes, from, to)).skipBytes(3);
            return chunk;
        }

        void read(byte[] bytes, int from, int to) {
            ByteBuf again = read(chunk(bytes, from, to));
            if (again != null) {
                assertThat(read(again)).isNull();
            }
        }

        private @Nullable ByteBuf read(ByteBuf chunk) {
            ByteBuf back = null;
            reader.feed(chunk);
            while (reader.next()) {
                if (frames.size() == takeBackAt && !reader.isContinuation()) {
                    takeBackAt = -1;
                    back = reader.takeBack();
                    continue;
                }
                pieces++;
                current.writeBytes(piece());
                if (reader.isComplete()) {
                    frames.add(HexFormat.of().formatHex(current.toByteArray()));
                    current.reset();
                }
            }
            reader.finish();
            return back;
        }

        private byte[] piece() {
            byte[] piece = new byte[reader.end() - reader.start()];
            reader.buffer().getBytes(reader.start(), piece);
            assertThat(reader.type()).isEqualTo((byte) 'd');
            return piece;
        }

        void close() {
            reader.close();
        }
    }
}
