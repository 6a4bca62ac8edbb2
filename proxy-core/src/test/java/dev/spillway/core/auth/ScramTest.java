package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import org.junit.jupiter.api.Test;

class ScramTest {
    private static final String CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";
    private static final String NONCE = CLIENT_NONCE + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final String SERVER_FIRST = "r=" + NONCE + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private static final String CLIENT_FINAL = "c=biws,r=" + NONCE + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    @Test
    void arithmeticAndMessagesGiveTheExampleOfRfc7677() throws AuthFailure {
        ClientFirst clientFirst = ClientFirst.parse("n,,n=user,r=" + CLIENT_NONCE);
        ServerFirst serverFirst = ServerFirst.parse(SERVER_FIRST, CLIENT_NONCE);
        byte[] salted = Scram.saltedPassword("pencil".getBytes(UTF_8), serverFirst.salt(), serverFirst.iterations());
        String withoutProof = ClientFinal.withoutProof(clientFirst.gs2Header(), serverFirst.nonce());
        String signed = Scram.authMessage(clientFirst, serverFirst, withoutProof);
        byte[] clientKey = Scram.clientKey(salted);
        byte[] proof = Scram.proofOrKey(clientKey, Scram.storedKey(clientKey), signed);

        assertThat(new ClientFinal(withoutProof, proof).text()).isEqualTo(CLIENT_FINAL);
        assertThat(Scram.encodeBase64(Scram.serverSignature(Scram.serverKey(salted), signed)))
                .isEqualTo("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assertThat(ClientFinal.parse(CLIENT_FINAL, "n,,", NONCE).proof()).isEqualTo(proof);
    }

    @Test
    void serverFirstIsWrittenAsRfc7677WritesIt() {
        byte[] salt = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
        ScramVerifier verifier = new ScramVerifier(4096, salt, new byte[32], new byte[32]);
        assertThat(ServerFirst.of(NONCE, verifier).text()).isEqualTo(SERVER_FIRST);
    }

    @Test
    void base64IsTakenOnlyAsAnEncoderWritesIt() {
        assertThat(Scram.decodeBase64("AAA=")).containsExactly(0, 0);
        assertThat(Scram.decodeBase64("AAB=")).isNull(); // stray low bits
        assertThat(Scram.decodeBase64("AAA")).isNull();
        assertThat(Scram.decodeBase64("A A=")).isNull();
        assertThat(Scram.decodeBase64("\u00e9AA=")).isNull();
    }

    @Test
    void iterationsAreDigitsOnly() {
        assertThat(Scram.parseIterations("4096")).isEqualTo(4096);
        assertThat(Scram.parseIterations("9999999999")).isEqualTo(Integer.MAX_VALUE);
        for (String bad : new String[] {"", "-1", "+1", " 1", "1 ", "0x1", "99999999999", "\u0661"}) {
            assertThat(Scram.parseIterations(bad)).as(bad).isEqualTo(-1);
        }
    }

    @Test
    void emptyPasswordHasAKeyToo() {
        assertThat(Scram.saltedPassword(new byte[0], new byte[] {1}, 1)).hasSize(32);
    }
}
