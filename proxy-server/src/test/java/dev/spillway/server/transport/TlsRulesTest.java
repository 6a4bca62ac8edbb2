package dev.spillway.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.server.transport.TlsRules.UnknownWordException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsRulesTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "default", "secure", "FAST", "normal"})
    void ciphersMayBeLeftToTheLibrary(String list) throws Exception {
        assertThat(TlsRules.readCiphers(list, TlsCiphers.V1_3)).isNull();
    }

    @Test
    void ciphersAreListedAsOpensslLists() throws Exception {
        assertThat(TlsRules.isNative())
                .as("the library is there for this system")
                .isTrue();
        assertThat(TlsRules.readCiphers("HIGH:!aNULL", TlsCiphers.V1_3))
                .contains("ECDHE-RSA-AES256-GCM-SHA384")
                .noneMatch(name -> name.startsWith("TLS_"));
        assertThat(TlsRules.readCiphers("ECDHE-RSA-AES128-GCM-SHA256:no-such", TlsCiphers.V1_3))
                .containsExactly("ECDHE-RSA-AES128-GCM-SHA256");
        assertThat(TlsRules.readCiphers("all", TlsCiphers.V1_3)).hasSizeGreaterThan(5);
    }

    @Test
    void ciphersForTheJdkAreNames() throws Exception {
        List<String> few = List.of("TLS_AES_128_GCM_SHA256"); // BoringSSL has all or none
        assertThat(TlsRules.readCiphers("ECDHE-RSA-AES128-GCM-SHA256:no-such", few))
                .containsExactly("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assertThatThrownBy(() -> TlsRules.readCiphers("HIGH", few)).isInstanceOf(UnknownWordException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "TLS_AES_256_GCM_SHA384, true",
        "TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256, true",
        "TLS_AES_128_CCM_SHA256, false",
        "TLS_AES_256_GCM_SHA385, false",
    })
    void ciphersOfTheNewestVersionAreKnownByName(String list, boolean isGood) throws Exception {
        if (isGood) {
            assertThat(TlsRules.readCiphers13(list)).hasSize(1);
        } else {
            assertThatThrownBy(() -> TlsRules.readCiphers13(list)).isInstanceOf(UnknownWordException.class);
        }
    }

    @Test
    void curvesHaveOpensslsNames() throws Exception {
        assertThat(TlsRules.readGroups("auto")).isEmpty();
        assertThat(TlsRules.readGroups("none")).isEmpty();
        assertThat(TlsRules.readGroups("prime256v1:X25519")).containsExactly("secp256r1", "x25519");
        assertThatThrownBy(() -> TlsRules.readGroups("secp256k1")).hasMessageContaining("unknown curve, 'secp256k1'");
    }

    @ParameterizedTest
    @CsvSource({
        "TLS_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, ECDHE-RSA-AES256-GCM-SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, ECDHE-ECDSA-CHACHA20-POLY1305",
        "TLS_RSA_WITH_AES_128_CBC_SHA, AES128-SHA",
        "UNHEARD_OF, UNHEARD_OF",
    })
    void ciphersAreShownByOpensslsNames(String suite, String name) {
        assertThat(TlsCiphers.openSslName(suite)).isEqualTo(name);
    }
}
