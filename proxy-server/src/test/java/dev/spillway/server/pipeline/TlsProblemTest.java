package dev.spillway.server.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.DecoderException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class TlsProblemTest {
    @Test
    void aCertificateThatAClientDoesNotTrustIsSaidToBeThat() {
        SSLHandshakeException theirs =
                new SSLHandshakeException("error:10000070:SSL routines:OPENSSL_internal:BAD_PACKET_LENGTH");
        assertThat(TlsProblem.of(new DecoderException(theirs)))
                .isEqualTo(
                        "TLS handshake failed: the peer broke it off, as one does that does not trust the certificate"
                                + " it was shown (BAD_PACKET_LENGTH)");
    }

    @Test
    void whateverElseIsWrongIsSaidAsItIsAndNotAtLength() {
        assertThat(TlsProblem.of(new DecoderException(new SSLHandshakeException("no cipher suites in common"))))
                .isEqualTo("TLS handshake failed: no cipher suites in common");
        assertThat(TlsProblem.of(new SSLHandshakeException("x".repeat(1000)))).hasSizeLessThan(250);
    }
}
