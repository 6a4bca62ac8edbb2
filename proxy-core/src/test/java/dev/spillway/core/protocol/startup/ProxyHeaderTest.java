package dev.spillway.core.protocol.startup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.spillway.core.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final String TCP_4 = SIGNATURE + "2111000c" + "c0000207" + "0a000001" + "3039" + "1538";

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
    }

    private static ProxyHeader decode(String hex) {
        ByteBuf in = bytes(hex);
        ProxyHeader header = Objects.requireNonNull(ProxyHeader.decode(in));
        assertThat(in.isReadable()).as("bytes left").isFalse();
        return header;
    }

    @Test
    void clientIsWhereTheHeaderSays() {
        assertThat(decode(TCP_4).client()).isEqualTo(new InetSocketAddress("192.0.2.7", 12345));
        assertThat(decode(SIGNATURE + "21210024" + "20010db8" + "0".repeat(23) + "7" + "0".repeat(32) + "3039" + "1538")
                        .client())
                .isEqualTo(new InetSocketAddress("2001:db8::7", 12345));
    }

    @Test
    void extensionsAreSkippedAndWhatFollowsIsLeft() {
        ByteBuf in = bytes(SIGNATURE + "21110011" + "c0000207" + "0a000001" + "3039" + "1538" + "0400020000" + "abcd");
        assertThat(Objects.requireNonNull(ProxyHeader.decode(in)).client())
                .isEqualTo(new InetSocketAddress("192.0.2.7", 12345));
        assertThat(in.readUnsignedShort()).isEqualTo(0xabcd);
    }

    @ParameterizedTest
    @ValueSource(strings = {"20000000", "2011000cc00002070a00000130391538", "21000000", "21310002abcd"})
    void connectionOfTheBalancerItselfOrOfAnotherKindHasNoClientsAddress(String rest) {
        assertThat(decode(SIGNATURE + rest).client()).isNull();
    }

    @Test
    void beginningOfAHeaderAsksForMore() {
        for (int end = 0; end < TCP_4.length(); end += 2) {
            ByteBuf in = bytes(TCP_4.substring(0, end));
            assertThat(ProxyHeader.decode(in)).as("%d digits", end).isNull();
            assertThat(in.readerIndex()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "00000008, does not begin with a PROXY header",
        "50524f5859, does not begin with a PROXY header",
        "0d0a0d0b, does not begin with a PROXY header",
        "0d0a0d0a000d0a515549540a22110000, version and command 0x22",
        "0d0a0d0a000d0a515549540a11110000, version and command 0x11",
        "0d0a0d0a000d0a515549540a21111001, has 4097 bytes",
        "0d0a0d0a000d0a515549540a2111ffff, has 65535 bytes",
        "0d0a0d0a000d0a515549540a2111000bc00002070a000001303915, too short"
    })
    void whatIsNoHeaderIsKnownAtOnce(String hex, String reason) {
        assertThatExceptionOfType(ProtocolViolation.class)
                .isThrownBy(() -> ProxyHeader.decode(bytes(hex)))
                .withMessageContaining(reason);
    }
}
