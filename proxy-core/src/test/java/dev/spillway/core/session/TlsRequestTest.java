package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.SslMode;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TlsRequestTest {
    private final FakeWire wire = new FakeWire("server:5432");
    private final List<String> told = new ArrayList<>();

    private TlsRequest ask(SslMode mode) {
        TlsRequest request = new TlsRequest(wire, mode, new TlsRequest.Outcome() {
            @Override
            public void secure() {
                told.add("secure");
            }

            @Override
            public void plain() {
                told.add("plain");
            }

            @Override
            public void failed(String why) {
                told.add(why);
            }
        });
        assertThat(HexFormat.of().formatHex(wire.take())).isEqualTo("0000000804d2162f");
        return request;
    }

    private static void answer(TlsRequest request, String bytes) {
        request.onRead(Unpooled.wrappedBuffer(HexFormat.of().parseHex(bytes)));
    }

    @ParameterizedTest
    @CsvSource({
        "ALLOW, 53, secure",
        "PREFER, 53, secure",
        "REQUIRE, 53, secure",
        "VERIFY_FULL, 53, secure",
        "ALLOW, 4e, plain",
        "PREFER, 4e, plain",
        "REQUIRE, 4e, 'the server has no TLS, which sslmode require asks for'",
        "VERIFY_CA, 4e, 'the server has no TLS, which sslmode verify-ca asks for'",
        "PREFER, 45, the server answered the request for TLS with an error",
        "PREFER, 52, the server did not answer the request for TLS",
        "PREFER, 5300, the server sent unencrypted data after its answer to the request for TLS",
        "PREFER, 4e52, the server sent unencrypted data after its answer to the request for TLS",
    })
    void oneByteDecides(SslMode mode, String bytes, String outcome) {
        answer(ask(mode), bytes);
        assertThat(told).containsExactly(outcome);
    }

    @Test
    void endsOnceHoweverOftenItIsToldSo() {
        TlsRequest request = ask(SslMode.REQUIRE);
        answer(request, "");
        answer(request, "53");
        answer(request, "00");
        request.fail("too late");
        request.onClosed();
        assertThat(told).containsExactly("secure", "the server spoke before it was spoken to");
    }

    @Test
    void connectionThatEndsWithoutAnAnswerIsTold() {
        ask(SslMode.PREFER).onClosed();
        assertThat(told).containsExactly("the server closed the connection when it was asked for TLS");
    }

    @Test
    void endAfterTheHandshakeIsNoMatterOfTheRequest() {
        TlsRequest request = ask(SslMode.PREFER);
        answer(request, "53");
        request.succeed();
        request.onClosed();
        assertThat(told).containsExactly("secure");
    }
}
