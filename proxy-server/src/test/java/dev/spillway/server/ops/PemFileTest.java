package dev.spillway.server.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.server.ops.PemFile.UnusableFileException;
import dev.spillway.testkit.TestCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PemFileTest {
    private static final String COMMENT = "Bag Attributes\n    friendlyName: caf\u00e9\n";
    private static final String SECP256R1 = "BggqhkjOPQMBBw==";

    @TempDir
    private Path directory = Path.of("");

    private PemFile read(String text) throws IOException, UnusableFileException {
        return PemFile.read(Files.writeString(directory.resolve("x.pem"), text).toString());
    }

    private static PrivateKey newKey(String algorithm, String parameter) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("EC")) {
            generator.initialize(new ECGenParameterSpec(parameter));
        } else if (algorithm.equals("RSA")) {
            generator.initialize(Integer.parseInt(parameter));
        }
        KeyPair pair = generator.generateKeyPair();
        return pair.getPrivate();
    }

    /** The key as it is inside of PKCS#8. */
    private static byte[] inner(PrivateKey key) throws IOException {
        return PrivateKeyInfo.getInstance(key.getEncoded())
                .parsePrivateKey()
                .toASN1Primitive()
                .getEncoded();
    }

    @ParameterizedTest
    @CsvSource({"RSA, 1024", "RSA, 2048", "RSA, 4096", "EC, secp256r1", "EC, secp384r1", "EC, secp521r1", "Ed25519, x"})
    void keyIsReadInEachFormThatOpensslWrites(String algorithm, String parameter) throws Exception {
        PrivateKey key = newKey(algorithm, parameter);
        assertThat(read(COMMENT + TestCertificates.pem(key)).key()).isEqualTo(key);
        if (algorithm.equals("RSA")) {
            assertThat(read(TestCertificates.pem("RSA PRIVATE KEY", inner(key))).key())
                    .isEqualTo(key);
        }
    }

    @Test
    void keyOfACurveIsReadWithTheCurveInItAndBeforeIt() throws Exception {
        PrivateKey key = newKey("EC", "secp256r1");
        byte[] sec1 =
                org.bouncycastle.asn1.sec.ECPrivateKey.getInstance(inner(key)).getEncoded();
        String block = TestCertificates.pem("EC PRIVATE KEY", sec1);
        String before = "-----BEGIN EC PARAMETERS-----\n" + SECP256R1 + "\n-----END EC PARAMETERS-----\n";
        assertThat(inner(read(before + block).key())).isEqualTo(sec1);

        var curve = org.bouncycastle.asn1.sec.SECObjectIdentifiers.secp256r1;
        byte[] named = new org.bouncycastle.asn1.sec.ECPrivateKey(
                        256,
                        org.bouncycastle.asn1.sec.ECPrivateKey.getInstance(sec1).getKey(),
                        curve)
                .getEncoded();
        assertThat(((java.security.interfaces.ECPrivateKey) read(TestCertificates.pem("EC PRIVATE KEY", named))
                                .key())
                        .getS())
                .isEqualTo(((java.security.interfaces.ECPrivateKey) key).getS());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "30", "3080", "30820100", "3003020101", "300502010104", "3007020101a0020500"})
    void keyThatIsCutOffOrIsNoneIsRefused(String bytes) throws Exception {
        byte[] key = java.util.HexFormat.of().parseHex(bytes.length() % 2 == 0 ? bytes : "");
        for (String kind : new String[] {"EC PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY"}) {
            PemFile file = read(TestCertificates.pem(kind, key));
            assertThatThrownBy(file::key)
                    .isInstanceOf(UnusableFileException.class)
                    .hasMessageStartingWith("holds a");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "''; holds no private key in PEM",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----~AAAA~-----END ENCRYPTED PRIVATE KEY-----; is encrypted",
                "-----BEGIN RSA PRIVATE KEY-----~Proc-Type: 4,ENCRYPTED~~AAAA~-----END RSA PRIVATE KEY-----; is"
                        + " encrypted",
                "-----BEGIN CERTIFICATE-----~AAAA~-----END CERTIFICATE-----; holds no private key in PEM",
            })
    void fileWithoutAKeyWeCanUseSaysSo(String text, String problem) throws Exception {
        PemFile file = read(text.replace('~', '\n'));
        assertThatThrownBy(file::key).isInstanceOf(UnusableFileException.class).hasMessageStartingWith(problem);
    }

    @Test
    void certificatesOfAFileAreAChainAndOneOfThemBelongsToTheKey() throws Exception {
        TestCertificates.Files one = TestCertificates.forHost("one");
        TestCertificates.Files two = TestCertificates.forHost("two");
        String both =
                Files.readString(Path.of(one.certificate())) + "text\n" + Files.readString(Path.of(two.certificate()));
        PemFile file = read(both + Files.readString(Path.of(two.key())));
        assertThat(file.certificates()).hasSize(2);
        assertThat(PemFile.isPair(file.key(), file.certificates().getFirst())).isFalse();
        assertThat(PemFile.isPair(file.key(), file.certificates().getLast())).isTrue();
        assertThat(PemFile.isPair(newKey("RSA", "2048"), file.certificates().getLast()))
                .isFalse();

        PemFile broken = read("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(broken::certificates).hasMessage("holds a certificate that cannot be understood");
        assertThatThrownBy(() -> PemFile.read(directory.resolve("none").toString()))
                .hasMessage("cannot be read: there is no such file");
    }
}
