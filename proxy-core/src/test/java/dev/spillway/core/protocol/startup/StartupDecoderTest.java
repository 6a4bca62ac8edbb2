package dev.spillway.core.protocol.startup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers (a) and (b) of the packets before authentication. A {@code 0x00} is written as {@code ~} in the tables. */
class StartupDecoderTest {
    private static final int VERSION_3_0 = 3 << 16;
    private static final int SSL_REQUEST = 80877103;
    private static final int GSSENC_REQUEST = 80877104;
    private static final int CANCEL_REQUEST = 80877102;

    @Test
    void requestsForEncryptionAreBareCodes() {
        assertThat(decode(packet(SSL_REQUEST, ""))).isEqualTo(new StartupPacket.SslRequest());
        assertThat(decode(packet(GSSENC_REQUEST, ""))).isEqualTo(new StartupPacket.GssEncRequest());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 32, 256})
    void cancelRequestCarriesAKeyOfAnyAllowedLength(int keyLength) {
        String key = "k".repeat(keyLength);
        assertThat(decode(packet(CANCEL_REQUEST, "~~~\7" + key)))
                .isEqualTo(
                        new StartupPacket.CancelRequest(new CancelKey(7, key.getBytes(StandardCharsets.ISO_8859_1))));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 257})
    void cancelKeyOfAnyOtherLengthIsAViolation(int keyLength) {
        byte[] packet = packet(CANCEL_REQUEST, "~~~\7" + "k".repeat(keyLength));
        assertThatThrownBy(() -> decode(packet)).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void parametersKeepTheirOrderAndTheLastValueOfAName() {
        StartupPacket packet = decode(packet(VERSION_3_0 + 2, "user~a~database~b~user~ü~~"));
        assertThat(packet).isInstanceOfSatisfying(StartupPacket.StartupMessage.class, message -> {
            assertThat(message.majorVersion()).isEqualTo(3);
            assertThat(message.minorVersion()).isEqualTo(2);
            assertThat(message.parameters()).containsExactly(Map.entry("user", "ü"), Map.entry("database", "b"));
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "196608; user~a~; insufficient data",
                "196608; user~a; unterminated string",
                "196608; user~a~~x; expected terminator",
                "131072; user~a~~; unsupported frontend protocol 2.0",
                "262144; user~a~~; unsupported frontend protocol 4.0",
                "-65535; user~a~~; unsupported frontend protocol 65535.1",
                "80877103; x; invalid length of startup packet",
                "80877104; x; invalid length of startup packet",
                "80877102; ~~; insufficient data",
            })
    void malformedPacketIsAViolation(int code, String body, String complaint) {
        assertThatThrownBy(() -> decode(packet(code, body)))
                .isInstanceOf(ProtocolViolation.class)
                .satisfies(thrown -> assertThat(thrown.getMessage()).containsAnyOf(complaint, "unterminated string"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 7, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, StartupDecoder.MAX_PACKET_BYTES + 1})
    void hostileLengthIsAViolationAsSoonAsItIsThere(int length) {
        ByteBuf in = Unpooled.buffer().writeInt(length);
        assertThatThrownBy(() -> StartupDecoder.decode(in)).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void tlsHandshakeIsAViolationAtItsFirstByte() {
        ByteBuf in = Unpooled.wrappedBuffer(new byte[] {0x16});
        assertThatThrownBy(() -> StartupDecoder.decode(in)).hasMessageContaining("direct TLS");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"80877103; ''", "80877104; ''", "80877102; ~~~1abcd", "196608; user~a~database~b~~"})
    void everyTruncationNeedsMoreBytesAndMovesNothing(int code, String body) {
        byte[] packet = packet(code, body);
        for (int length = 0; length < packet.length; length++) {
            ByteBuf in = Unpooled.wrappedBuffer(packet, 0, length);
            assertThat(StartupDecoder.decode(in)).as("%d bytes", length).isNull();
            assertThat(in.readerIndex()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"80877102; ~~~1abcd", "196608; user~a~database~b~~"})
    void everyTruncationUnderAFittingLengthIsReadOrAViolation(int code, String body) {
        for (int length = 0; length < body.length(); length++) {
            byte[] packet = packet(code, body.substring(0, length));
            try {
                assertThat(decode(packet)).isNotNull();
                assertThat(code).as("%d bytes", length).isEqualTo(CANCEL_REQUEST);
            } catch (ProtocolViolation violation) {
                assertThat(violation.text()).isNotEmpty();
            }
        }
    }

    @Test
    void whatFollowsThePacketIsLeft() {
        ByteBuf in = Unpooled.buffer().writeBytes(new byte[3]).skipBytes(3);
        in.writeBytes(packet(SSL_REQUEST, "")).writeByte('x');
        assertThat(StartupDecoder.decode(in)).isEqualTo(new StartupPacket.SslRequest());
        assertThat(in.toString(StandardCharsets.US_ASCII)).isEqualTo("x");
    }

    @Test
    void randomBytesAreNothingWorseThanAViolation() {
        int[] codes = {VERSION_3_0, SSL_REQUEST, GSSENC_REQUEST, CANCEL_REQUEST};
        for (int seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            ByteBuf in = Unpooled.wrappedBuffer(bytes);
            if (bytes.length >= 8 && random.nextBoolean()) {
                in.setInt(0, bytes.length).setInt(4, codes[random.nextInt(codes.length)]);
            }
            try {
                StartupPacket packet = StartupDecoder.decode(in);
                assertThat(in.readerIndex() == 0).as("seed %d", seed).isEqualTo(packet == null);
            } catch (ProtocolViolation violation) {
                assertThat(violation.text()).isNotEmpty();
            }
        }
    }

    private static @Nullable StartupPacket decode(byte[] packet) {
        return StartupDecoder.decode(Unpooled.wrappedBuffer(packet));
    }

    private static byte[] packet(int code, String body) {
        byte[] bytes = body.replace('~', '\0').getBytes(StandardCharsets.UTF_8);
        ByteBuf packet =
                Unpooled.buffer().writeInt(8 + bytes.length).writeInt(code).writeBytes(bytes);
        byte[] whole = new byte[packet.readableBytes()];
        packet.readBytes(whole);
        return whole;
    }
}
