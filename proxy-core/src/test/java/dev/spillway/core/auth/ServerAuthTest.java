package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.Secret;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerAuthTest {
    private static final String USER = "alice";
    private static final StoredSecret PLAIN = new StoredSecret.Plain(Secret.of("pencil"));
    private static final StoredSecret MD5 = StoredSecret.Md5.of("pencil".getBytes(UTF_8), USER);
    private static final StoredSecret VERIFIER = ScramVerifier.derive(Secret.of("pencil"), new byte[] {7}, 2);
    private static final byte[] MECHANISMS = bytes("SCRAM-SHA-256\0\0");
    private static final byte[] NOTHING = {};

    @Test
    void serverThatAsksForNothingNeedsNoSecret() {
        ServerAuth auth = login(null);
        assertThat(auth.onRequest(0, NOTHING)).isInstanceOf(ServerAuthStep.Ok.class);
        assertFailed(auth.onRequest(0, NOTHING), "after the login had ended");
    }

    @ParameterizedTest
    @CsvSource({"3,''", "5,'abcd'", "10,'SCRAM-SHA-256'"})
    void serverThatAsksForAPasswordWeDoNotHaveIsToldWhoseItIs(int code, String body) {
        byte[] bytes = code == 10 ? MECHANISMS : bytes(body);
        for (StoredSecret none : new StoredSecret[] {null, new StoredSecret.Plain(Secret.of(""))}) {
            assertFailed(login(none).onRequest(code, bytes), "we have none for user \"alice\"");
        }
    }

    @ParameterizedTest
    @CsvSource({"2,Kerberos V5", "6,SCM credential", "7,GSSAPI", "8,GSSAPI", "9,SSPI", "99,99", "-1,-1"})
    void unsupportedMethodIsNamed(int code, String name) {
        assertFailed(login(PLAIN).onRequest(code, NOTHING), name);
    }

    @Test
    void secretThatCannotAnswerTheMethodIsRefusedWithTheReason() {
        assertFailed(login(MD5).onRequest(3, NOTHING), "a hash of it");
        assertFailed(login(MD5).onRequest(10, MECHANISMS), "an MD5 hash");
        assertFailed(login(VERIFIER).onRequest(3, NOTHING), "a hash of it");
        assertFailed(login(VERIFIER).onRequest(5, new byte[4]), "a SCRAM verifier");
        assertFailed(login(VERIFIER).onRequest(10, MECHANISMS), "a SCRAM verifier");
    }

    @Test
    void plusIsIgnoredAndOtherMechanismsAreRefused() {
        assertThat(sent(login(PLAIN).onRequest(10, bytes("SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"))))
                .startsWith("SCRAM-SHA-256\0\0\0\0 n,,n=,r=");
        assertFailed(login(PLAIN).onRequest(10, bytes("SCRAM-SHA-256-PLUS\0\0")), "only SCRAM-SHA-256-PLUS");
        assertFailed(login(PLAIN).onRequest(10, bytes("OAUTHBEARER\0\0")), "OAUTHBEARER");
        assertFailed(login(PLAIN).onRequest(10, bytes("EVIL\n\033\0\0")), "only EVIL??");
        for (String bad : new String[] {"", "\0", "SCRAM-SHA-256", "SCRAM-SHA-256\0", "SCRAM-SHA-256\0\0x\0\0"}) {
            assertFailed(login(PLAIN).onRequest(10, bytes(bad)), "malformed");
        }
    }

    @Test
    void serverMayAskOnlyOnce() {
        ServerAuth auth = login(PLAIN);
        auth.onRequest(10, MECHANISMS);
        assertFailed(auth.onRequest(3, NOTHING), "answered it already");
        ServerAuth other = login(PLAIN);
        other.onRequest(5, new byte[4]);
        assertFailed(other.onRequest(3, NOTHING), "answered it already");
        assertFailed(login(PLAIN).onRequest(11, bytes("r=x,s=Bw==,i=2")), "without AuthenticationSASL");
        assertFailed(login(PLAIN).onRequest(12, bytes("v=x")), "without AuthenticationSASL");
    }

    @Test
    void okIsRefusedAtEveryPointOfScramBeforeTheSignature() {
        ServerAuth afterFirst = login(PLAIN);
        afterFirst.onRequest(10, MECHANISMS);
        assertFailed(afterFirst.onRequest(0, NOTHING), "before it had proved");

        ServerAuth whileDeriving = login(PLAIN);
        KeyDerivation derivation = challenge(whileDeriving, "x,s=Bw==,i=2");
        assertFailed(whileDeriving.onRequest(0, NOTHING), "before it had proved");
        assertFailed(whileDeriving.resume(derivation.saltedPassword()), "ended already");

        ServerAuth afterFinal = login(PLAIN);
        afterFinal.resume(challenge(afterFinal, "x,s=Bw==,i=2").saltedPassword());
        assertFailed(afterFinal.onRequest(0, NOTHING), "before it had proved");
    }

    @Test
    void serverThatDoesNotKnowThePasswordIsRefused() {
        for (String last :
                new String[] {"", "e=other-error", "v=", "v=AAAA", "v=" + Scram.encodeBase64(new byte[32])}) {
            ServerAuth auth = login(PLAIN);
            auth.resume(challenge(auth, "x,s=Bw==,i=2").saltedPassword());
            assertThat(auth.onRequest(12, bytes(last))).as(last).isInstanceOf(ServerAuthStep.Failed.class);
            assertFailed(auth.onRequest(0, NOTHING), "after the login had ended");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x,s=Bw==,i=0|iteration count",
                "x,s=Bw==,i=-1|iteration count",
                "x,s=Bw==,i=|iteration count",
                "x,s=Bw==,i=2,x=y|trailing data",
                "x,s=Bw==,i=1000001|over our limit",
                "x,s=Bw==,i=9999999999|over our limit",
                "x,s=,i=2|invalid salt",
                "x,s=!,i=2|invalid salt",
                "x,i=2|attribute",
                ",s=Bw==,i=2|does not extend ours",
                "\u00e9,s=Bw==,i=2|does not extend ours",
            })
    void hostileChallengeIsRefused(String afterOurNonce, String reason) {
        ServerAuth auth = login(PLAIN);
        String nonce = nonce(auth);
        assertFailed(auth.onRequest(11, bytes("r=" + nonce + afterOurNonce)), reason);
    }

    @Test
    void nonceThatIsNotOursIsRefused() {
        ServerAuth auth = login(PLAIN);
        String nonce = nonce(auth);
        assertFailed(auth.onRequest(11, bytes("r=x" + nonce + ",s=Bw==,i=2")), "does not extend ours");
    }

    @Test
    void overlongNonceIsRefusedAndTheLongestIsAnswered() {
        int room = ServerAuth.REQUEST_LIMIT_BYTES - "r=".length() - 24 - ",s=Bw==,i=2".length();
        ServerAuth longest = login(PLAIN);
        assertThat(challenge(longest, "x".repeat(room) + ",s=Bw==,i=2").iterations())
                .isEqualTo(2);
        ServerAuth overlong = login(PLAIN);
        String nonce = nonce(overlong);
        assertFailed(
                overlong.onRequest(11, bytes("r=" + nonce + "x".repeat(room + 1) + ",s=Bw==,i=2")), "over 2000 bytes");
    }

    @Test
    void malformedRequestsFail() {
        assertFailed(login(PLAIN).onRequest(0, new byte[1]), "malformed");
        assertFailed(login(PLAIN).onRequest(3, new byte[1]), "malformed");
        assertFailed(login(PLAIN).onRequest(5, new byte[3]), "malformed");
        assertFailed(login(PLAIN).onRequest(5, new byte[5]), "malformed");
    }

    @Test
    void resumeWithoutADerivationIsOurMistake() {
        assertThatThrownBy(() -> login(PLAIN).resume(new byte[32])).isInstanceOf(IllegalStateException.class);
    }

    @Property(tries = 500)
    void noBytesThrowOrLetUsBelieveAServer(
            @ForAll @IntRange(min = 1, max = 14) int code, @ForAll @Size(max = 100) byte[] body) {
        for (StoredSecret secret : new StoredSecret[] {null, PLAIN, MD5, VERIFIER}) {
            assertThat(login(secret).onRequest(code, body)).isNotInstanceOf(ServerAuthStep.Ok.class);
            ServerAuth begun = login(PLAIN);
            begun.onRequest(10, MECHANISMS);
            assertThat(begun.onRequest(code, body)).isInstanceOf(ServerAuthStep.Failed.class);
        }
    }

    private static ServerAuth login(@Nullable StoredSecret secret) {
        return ServerAuth.of(USER, secret, TestBytes.seeded(3));
    }

    private static String nonce(ServerAuth auth) {
        String first = sent(auth.onRequest(10, MECHANISMS));
        return first.substring(first.indexOf("r=") + 2);
    }

    private static KeyDerivation challenge(ServerAuth auth, String afterOurNonce) {
        String nonce = nonce(auth);
        ServerAuthStep step = auth.onRequest(11, bytes("r=" + nonce + afterOurNonce));
        return ((ServerAuthStep.NeedsDerivation) step).derivation();
    }

    private static String sent(ServerAuthStep step) {
        return new String(((ServerAuthStep.Send) step).body(), ISO_8859_1);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static void assertFailed(ServerAuthStep step, String part) {
        assertThat(step)
                .isInstanceOfSatisfying(
                        ServerAuthStep.Failed.class,
                        failed -> assertThat(failed.text()).startsWith("the ").contains(part));
    }
}
