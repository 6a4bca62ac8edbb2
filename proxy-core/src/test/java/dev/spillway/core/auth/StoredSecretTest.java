package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.Secret;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredSecretTest {
    private static final String KEYS =
            "OBwzTXIzgik/JugT1eJ6ZOYJva4PVYAaN+GU0OTCvX0=:48k1DcSjf/133erisYaxcSg98YW8ITZsrgn9iXzL5PU=";
    private static final String VERIFIER = "SCRAM-SHA-256$4096:P3/zeM5ZgPgbFc0K++FA/A==$" + KEYS;

    @Test
    void verifierOfPostgresqlIsRecognised() {
        assertThat(StoredSecret.parse(VERIFIER)).isInstanceOfSatisfying(ScramVerifier.class, verifier -> {
            assertThat(verifier.iterations()).isEqualTo(4096);
            assertThat(verifier.salt()).hasSize(16);
            assertThat(verifier)
                    .isEqualTo(StoredSecret.parse(VERIFIER))
                    .hasSameHashCodeAs(StoredSecret.parse(VERIFIER));
        });
    }

    @Test
    void md5HashOfPostgresqlIsRecognisedAndIsWhatWeCompute() {
        String stored = "md5c0b351e0b2184bb20d26f0e104356cd3"; // CREATE ROLE md5user PASSWORD 'm5secret'
        assertThat(StoredSecret.parse(stored)).isEqualTo(StoredSecret.Md5.of("m5secret".getBytes(UTF_8), "md5user"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "secret",
                "md5",
                "md5C0B351E0B2184BB20D26F0E104356CD3",
                "md5c0b351e0b2184bb20d26f0e104356cd",
                "MD5c0b351e0b2184bb20d26f0e104356cd3",
                "SCRAM-SHA-256",
                "SCRAM-SHA-256$",
                "SCRAM-SHA-256$4096:salt",
                "SCRAM-SHA-256$4096:P3/zeM5ZgPgbFc0K++FA/A==$x:y",
                "SCRAM-SHA-256$4096:$" + KEYS,
                "SCRAM-SHA-256$0:P3/zeM5ZgPgbFc0K++FA/A==$" + KEYS,
                "SCRAM-SHA-256$-1:P3/zeM5ZgPgbFc0K++FA/A==$" + KEYS,
                "SCRAM-SHA-256$1000001:P3/zeM5ZgPgbFc0K++FA/A==$" + KEYS,
                "SCRAM-SHA-256$4096:P3/zeM5ZgPgbFc0K++FA/A==$" + KEYS + "x",
                "scram-sha-256$4096:P3/zeM5ZgPgbFc0K++FA/A==$" + KEYS,
            })
    void whatIsNeitherIsAPlainPassword(String text) {
        assertThat(StoredSecret.parse(text)).isEqualTo(new StoredSecret.Plain(Secret.of(text)));
    }

    @Test
    void everyPrefixOfAVerifierIsAPlainPassword() {
        for (int end = 0; end < VERIFIER.length(); end++) {
            assertThat(StoredSecret.parse(VERIFIER.substring(0, end))).isInstanceOf(StoredSecret.Plain.class);
        }
    }

    @Test
    void derivationOverTheLimitIsRefused() {
        byte[] salt = {1};
        for (int bad : new int[] {0, -1, ScramVerifier.MAX_ITERATIONS + 1, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> ScramVerifier.derive(Secret.of("x"), salt, bad))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void equalDerivationsAreOneCacheKey() {
        KeyDerivation one = new KeyDerivation(Secret.of("x"), new byte[] {1}, 2);
        assertThat(new KeyDerivation(Secret.of("x"), new byte[] {1}, 2))
                .isEqualTo(one)
                .hasSameHashCodeAs(one);
        assertThat(new KeyDerivation(Secret.of("y"), new byte[] {1}, 2)).isNotEqualTo(one);
        assertThat(new KeyDerivation(Secret.of("x"), new byte[] {2}, 2)).isNotEqualTo(one);
        assertThat(new KeyDerivation(Secret.of("x"), new byte[] {1}, 3)).isNotEqualTo(one);
    }
}
