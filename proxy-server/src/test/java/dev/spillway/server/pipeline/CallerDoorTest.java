package dev.spillway.server.pipeline;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallerDoorTest {
    private final StringBuilder who = new StringBuilder();
    private final StringBuilder behind = new StringBuilder();
    private boolean isSlow;
    private Runnable later = () -> {};

    /** Keeps what comes through the door. */
    private final class Room extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext from, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            behind.append(bytes.toString(ISO_8859_1));
            bytes.release();
        }
    }

    private void enter(EmbeddedChannel channel, String name) {
        who.append(name);
        channel.pipeline().addLast(new Room());
    }

    private EmbeddedChannel channel() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.pipeline().addLast(new CallerDoor(new CallerDoor.Host() {
            @Override
            public void onPostgres() {
                enter(channel, "postgres");
            }

            @Override
            public void onTls(boolean isPostgres) {
                enter(channel, isPostgres ? "postgres in tls" : "tls");
            }

            @Override
            public void onHttp(Runnable open) {
                enter(channel, "http");
                if (isSlow) {
                    later = open;
                } else {
                    open.run();
                }
            }

            @Override
            public void onStranger() {
                enter(channel, "stranger");
            }
        }));
        return channel;
    }

    @ParameterizedTest
    @CsvSource({
        "postgres, 00000008 04d2162f 0000000c 00030000 00000000",
        "postgres, 00002710 00030000",
        "http, 474554202f20485454502f312e310d0a0d0a",
        "http, 50524920 2a",
        "stranger, 0d0a0d0a",
        "stranger, 01000000",
        "stranger, ff fb 01",
        "stranger, 676574202f",
        "stranger, 40",
        "stranger, 5b",
    })
    void callerIsToldByItsFirstByteWhereverItsBytesAreCutAndNoneIsLost(String name, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        for (int cut = 1; cut <= bytes.length; cut++) {
            who.setLength(0);
            behind.setLength(0);
            EmbeddedChannel channel = channel();

            channel.writeInbound(Unpooled.copiedBuffer(bytes, 0, cut));
            assertThat(who.toString()).as("cut at " + cut).isEqualTo(name);
            channel.writeInbound(Unpooled.copiedBuffer(bytes, cut, bytes.length - cut));

            assertThat(who.toString()).isEqualTo(name);
            assertThat(behind.toString()).isEqualTo(new String(bytes, ISO_8859_1));
            assertThat(channel.pipeline().get(CallerDoor.class)).isNull();
            assertThat(channel.finishAndReleaseAll()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "postgres in tls, x, postgresql",
        "postgres in tls, x, http/1.1 postgresql",
        "tls, postgresql, ''",
        "tls, postgresql, h2 http/1.1",
        "tls, x, postgresql2 npostgresql",
    })
    void whatIsSpokenWithinTlsIsToldByTheNamesOfProtocols(String name, String host, String protocols) throws Exception {
        byte[] bytes = hello(host, protocols);
        for (int cut = 1; cut < bytes.length; cut++) {
            who.setLength(0);
            behind.setLength(0);
            EmbeddedChannel channel = channel();
            channel.writeInbound(Unpooled.copiedBuffer(bytes, 0, cut));
            assertThat(who).as("cut at " + cut).isEmpty();
            channel.writeInbound(Unpooled.copiedBuffer(bytes, cut, bytes.length - cut));
            assertThat(who.toString()).isEqualTo(name);
            assertThat(behind.toString()).isEqualTo(new String(bytes, ISO_8859_1));
            assertThat(channel.finishAndReleaseAll()).isFalse();
        }
    }

    @Test
    void aHandshakeThatIsNoneIsNobodysInParticular() throws Exception {
        byte[] hello = hello("x", "postgresql");
        Random random = new Random(1);
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = hello.clone();
            for (int i = random.nextInt(8); i >= 0; i--) {
                bytes[5 + random.nextInt(bytes.length - 5)] = (byte) random.nextInt(256);
            }
            who.setLength(0);
            EmbeddedChannel channel = channel();
            channel.writeInbound(Unpooled.wrappedBuffer(bytes));
            assertThat(who.toString()).isIn("tls", "postgres in tls");
            assertThat(channel.finishAndReleaseAll()).isFalse();
        }
        who.setLength(0);
        EmbeddedChannel channel = channel();
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {0x16, 3, 1, 0, 0}));
        assertThat(who.toString()).isEqualTo("tls");
        assertThat(channel.finishAndReleaseAll()).isFalse();
    }

    /** What the JDK's TLS begins with. */
    private static byte[] hello(String host, String protocols) throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine(host, 1);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(host)));
        if (!protocols.isEmpty()) {
            parameters.setApplicationProtocols(protocols.split(" ", -1));
        }
        engine.setSSLParameters(parameters);
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), out);
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    @Test
    void nothingPassesBeforeTheRoomIsReadyAndNothingIsLost() {
        isSlow = true;
        EmbeddedChannel channel = channel();
        channel.writeInbound(Unpooled.copiedBuffer("GET", ISO_8859_1));
        channel.writeInbound(Unpooled.copiedBuffer(" / H", ISO_8859_1));
        assertThat(who.toString()).isEqualTo("http");
        assertThat(behind.toString()).isEmpty();
        assertThat(channel.config().isAutoRead()).isFalse();

        later.run();

        assertThat(behind.toString()).isEqualTo("GET / H");
        assertThat(channel.config().isAutoRead()).isTrue();
        later.run(); // nobody minds
        assertThat(channel.finishAndReleaseAll()).isFalse();
        later.run();
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void whoSaysNothingIsNobody(boolean isEmptyRead) {
        EmbeddedChannel channel = channel();
        if (isEmptyRead) {
            channel.writeInbound(Unpooled.EMPTY_BUFFER);
        }

        assertThat(channel.finishAndReleaseAll()).isFalse();

        assertThat(who).isEmpty();
    }
}
