package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.Secret;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAuthTest {
    private static final String USER = "alice";
    private static final StoredSecret PLAIN = new StoredSecret.Plain(Secret.of("pencil"));
    private static final StoredSecret MD5 = StoredSecret.Md5.of("pencil".getBytes(UTF_8), USER);
    private static final StoredSecret SCRAM = ScramVerifier.derive(Secret.of("pencil"), new byte[] {7}, 2);
    private static final ScramIssuer ISSUER = TestBytes.issuer(2);
    private static final PasswordJudge KNOWING = (user, password, host) ->
            user.equals(USER) && new String(password, UTF_8).equals("pencil") ? null : "wrong, from " + host;

    private static final List<Supplier<ClientAuth>> ALL = List.of(
            ClientAuth::trust,
            () -> ClientAuth.clearText(PLAIN, USER),
            () -> ClientAuth.clearText(SCRAM, USER),
            () -> ClientAuth.clearText(null, USER),
            () -> ClientAuth.md5(MD5, USER, new byte[4]),
            () -> ClientAuth.md5(null, USER, new byte[4]),
            () -> ClientAuth.scram(SCRAM, USER, ISSUER),
            () -> ClientAuth.scram(null, USER, ISSUER),
            () -> ClientAuth.ldap(KNOWING, USER, Witness.NONE));

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "REJECT")
    void methodIsChosenAsPgbouncerChoosesIt(AccessMethod method) {
        String expected = switch (method) {
            case TRUST -> "done,done,done,done";
            case PASSWORD, LDAP, PAM -> "3,3,3,3";
            case MD5 -> "5,5,10,5";
            case SCRAM_SHA_256 -> "10,10,10,10";
            case CERT, PEER -> "done,done,done,failed";
            case REJECT -> "";
        };
        assertThat(String.join(
                        ",", start(method, PLAIN), start(method, MD5), start(method, SCRAM), start(method, null)))
                .isEqualTo(expected);
    }

    private static String start(AccessMethod method, @Nullable StoredSecret secret) {
        Witness witness = new Witness(USER, USER, KNOWING, null);
        return switch (ClientAuth.choose(method, null, secret, USER, ISSUER, witness)
                .start()) {
            case AuthStep.Send send -> Integer.toString(send.authCode());
            case AuthStep.Done _ -> "done";
            case AuthStep.Failed _ -> "failed";
            case AuthStep.NeedsDerivation _ -> "derivation";
            case AuthStep.NeedsJudgement _ -> "judgement";
        };
    }

    @Property(tries = 500)
    void noBytesLetAnyoneInOrThrow(@ForAll @Size(max = 200) byte[] body) {
        for (Supplier<ClientAuth> machine : ALL) {
            ClientAuth auth = machine.get();
            AuthStep started = auth.start();
            AuthStep step = auth.onResponse(body);
            if (step instanceof AuthStep.NeedsDerivation needs) {
                step = auth.resume(needs.derivation().saltedPassword());
            } else if (step instanceof AuthStep.NeedsJudgement needs) {
                step = auth.judged(needs.question().ask());
            }
            assertThat(step).as("%s after %s", auth, started).isInstanceOf(AuthStep.Failed.class);
            assertThat(auth.onResponse(body)).isInstanceOf(AuthStep.Failed.class);
        }
    }

    @Test
    void clearTextPasswordIsComparedAsBytes() {
        StoredSecret stored = new StoredSecret.Plain(Secret.of("caf\u00e9"));
        assertThat(clearText(stored, "caf\u00e9\0".getBytes(UTF_8))).isInstanceOf(AuthStep.Done.class);
        assertThat(clearText(stored, "caf\u00e9\0".getBytes(ISO_8859_1))).isInstanceOf(AuthStep.Failed.class);
    }

    @Test
    void othersSayWhoseAPasswordIs() {
        Witness witness = Witness.judge(KNOWING, "192.0.2.7");
        ClientAuth right = ClientAuth.pam(KNOWING, USER, witness);
        assertThat(judged(right, "pencil\0"))
                .isEqualTo(new AuthStep.Done(null, PLAIN))
                .extracting(AuthStep::toString)
                .asString()
                .doesNotContain("pencil");
        assertThat(judged(ClientAuth.ldap(KNOWING, USER, witness), "pen\0"))
                .isEqualTo(new AuthStep.Failed("wrong, from 192.0.2.7", false));
        assertThat(right.onResponse("pencil\0".getBytes(UTF_8))).isInstanceOf(AuthStep.Failed.class);
        assertThat(right.judged(null)).as("too late").isInstanceOf(AuthStep.Failed.class);
        for (String bad : new String[] {"", "\0", "pencil", "pen\0cil\0"}) {
            ClientAuth auth = ClientAuth.ldap((user, password, host) -> null, USER, witness);
            auth.start();
            assertThat(auth.onResponse(bad.getBytes(UTF_8))).isInstanceOf(AuthStep.Failed.class);
        }
        ClientAuth unasked = ClientAuth.ldap(KNOWING, USER, witness);
        unasked.start();
        assertThatThrownBy(() -> unasked.judged(null)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void questionThatNobodyWaitsForIsNotAsked() {
        PasswordQuestion question = new PasswordQuestion(
                (user, password, host) -> {
                    throw new AssertionError("asked");
                },
                USER,
                new byte[] {1},
                null);
        question.drop();
        assertThat(question.ask()).isEqualTo("the client has left");
    }

    @Test
    void refusalIsOneLineWhateverAClientCallsItself() {
        PasswordJudge telling = (user, password, host) -> user + " is unknown";
        assertThat(new PasswordQuestion(telling, "a\r\nb\u0085", new byte[] {1}, null).ask())
                .isEqualTo("a  b  is unknown");
    }

    private static AuthStep judged(ClientAuth auth, String body) {
        auth.start();
        AuthStep step = auth.onResponse(body.getBytes(UTF_8));
        return auth.judged(((AuthStep.NeedsJudgement) step).question().ask());
    }

    @Test
    void md5HashItselfIsNoPassword() {
        String hash = ((StoredSecret.Md5) MD5).hash();
        assertThat(clearText(MD5, (hash + "\0").getBytes(UTF_8))).isInstanceOf(AuthStep.Failed.class);
    }

    @Test
    void malformedPasswordMessagesAreViolations() {
        for (String bad : new String[] {"", "pencil", "pencil\0\0", "pen\0cil\0"}) {
            assertViolation(clearText(PLAIN, bad.getBytes(UTF_8)));
        }
        assertViolation(clearText(PLAIN, new byte[PasswordResponse.LIMIT_BYTES + 1]));
    }

    @Test
    void emptyPasswordIsRefusedEvenWhereTheStoredOneIsEmpty() {
        StoredSecret empty = new StoredSecret.Plain(Secret.of(""));
        assertThat(clearText(empty, new byte[1])).isInstanceOf(AuthStep.Failed.class);
        LoginExchange md5 = LoginExchange.run(
                ClientAuth.md5(empty, USER, new byte[4]),
                ServerAuth.of(USER, StoredSecret.Md5.of(new byte[0], USER), TestBytes.seeded(1)));
        assertThat(md5.checking()).isInstanceOf(AuthStep.Failed.class);
    }

    @Test
    void longestPasswordOfPostgresqlIsAccepted() {
        String longest = "x".repeat(UserList.MAX_SECRET_BYTES);
        byte[] body = (longest + "\0").getBytes(UTF_8);
        assertThat(body).hasSize(PasswordResponse.LIMIT_BYTES);
        assertThat(clearText(new StoredSecret.Plain(Secret.of(longest)), body)).isInstanceOf(AuthStep.Done.class);
    }

    @Test
    void scramSecretCannotCheckAnMd5Response() {
        assertThatThrownBy(() -> ClientAuth.md5(SCRAM, USER, new byte[4])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void secondResponseIsAViolation() {
        ClientAuth auth = ClientAuth.clearText(PLAIN, USER);
        auth.start();
        assertThat(auth.onResponse("pencil\0".getBytes(UTF_8))).isInstanceOf(AuthStep.Done.class);
        assertViolation(auth.onResponse("pencil\0".getBytes(UTF_8)));
    }

    @Test
    void responseToAnMd5ChallengeCountsOnce() {
        byte[] salt = {1, 2, 3, 4};
        byte[] response = PasswordResponse.body(
                Md5Password.response(((StoredSecret.Md5) MD5).hash(), salt).getBytes(UTF_8));
        ClientAuth auth = ClientAuth.md5(MD5, USER, salt);
        auth.start();
        assertThat(auth.onResponse(response)).isInstanceOf(AuthStep.Done.class);
        assertViolation(auth.onResponse(response));
    }

    @Test
    void rightProofOverAnotherNonceIsAViolation() throws AuthFailure {
        ClientAuth auth = ClientAuth.scram(SCRAM, USER, ISSUER);
        auth.start();
        AuthStep.Send challenge = (AuthStep.Send) auth.onResponse(initial("n,,n=,r=abc"));
        ServerFirst serverFirst = ServerFirst.parse(Scram.text(challenge.body()), "abc");
        byte[] clientKey = Scram.clientKey(new KeyDerivation(Secret.of("pencil"), new byte[] {7}, 2).saltedPassword());
        String withoutProof = ClientFinal.withoutProof("n,,", serverFirst.nonce() + "x");
        String signed = Scram.authMessage(ClientFirst.parse("n,,n=,r=abc"), serverFirst, withoutProof);
        byte[] proof = Scram.proofOrKey(clientKey, Scram.storedKey(clientKey), signed);
        assertViolation(auth.onResponse(Scram.bytes(new ClientFinal(withoutProof, proof).text())));
    }

    @Test
    void responseWhileAKeyIsDerivedEndsTheLogin() {
        ClientAuth clear = ClientAuth.clearText(SCRAM, USER);
        clear.start();
        KeyDerivation asked = derivation(clear.onResponse("pencil\0".getBytes(UTF_8)));
        assertViolation(clear.onResponse("pencil\0".getBytes(UTF_8)));
        assertThat(clear.resume(asked.saltedPassword())).isInstanceOf(AuthStep.Failed.class);

        ClientAuth scram = ClientAuth.scram(PLAIN, USER, ISSUER);
        scram.start();
        KeyDerivation wanted = derivation(scram.onResponse(initial("n,,n=,r=abc")));
        assertThat(wanted).isEqualTo(ISSUER.derivation((StoredSecret.Plain) PLAIN, USER));
        assertViolation(scram.onResponse(initial("n,,n=,r=abc")));
        assertThat(scram.resume(wanted.saltedPassword())).isInstanceOf(AuthStep.Failed.class);
    }

    @Test
    void resumeWithoutADerivationIsOurMistake() {
        for (Supplier<ClientAuth> machine : ALL) {
            ClientAuth auth = machine.get();
            auth.start();
            assertThatThrownBy(() -> auth.resume(new byte[32])).isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "n,,n=,r=abc",
                "y,,n=,r=abc",
                "n,,n=alice,r=abc",
                "n,,n==2C,r=abc,x=ext",
                "n,,n=\u00e9,r=abc",
            })
    void firstMessagesThatPostgresqlTakesAreTaken(String first) {
        assertThat(scramFirst(initial(first))).isInstanceOfSatisfying(AuthStep.Send.class, send -> {
            assertThat(send.authCode()).isEqualTo(11);
            assertThat(Scram.text(send.body())).startsWith("r=abc").contains(",s=Bw==,i=2");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,,",
                "n,,n=",
                "n,,n=,r=",
                "n,,r=abc",
                "n,,n=,r=a b",
                "n,,n=,r=a\u007f",
                "n,,n=,r=a\0",
                "n,,m=ext,n=,r=abc",
                "n,a=bob,n=,r=abc",
                "p=tls-unique,,n=,r=abc",
                "x,,n=,r=abc",
                "N,,n=,r=abc",
                "n,,n=,r=abc,,",
                "n,,n=,r=abc,1=x",
            })
    void firstMessagesThatPostgresqlRefusesAreViolations(String first) {
        assertViolation(scramFirst(initial(first)));
    }

    @Test
    void initialResponseMustNameTheMechanismAndItsExactLength() {
        String first = "n,,n=,r=abc";
        assertViolation(scramFirst(initial("SCRAM-SHA-256-PLUS", first.length(), first)));
        assertViolation(scramFirst(initial("SCRAM-SHA-1", first.length(), first)));
        for (int length : new int[] {-1, 0, 10, 12, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertViolation(scramFirst(initial("SCRAM-SHA-256", length, first)));
        }
    }

    @Test
    void responsesOverTheLimitAreViolations() {
        int overhead = initial("n,,n=,r=").length;
        int room = ScramClientAuth.RESPONSE_LIMIT_BYTES - overhead;
        assertThat(scramFirst(initial("n,,n=,r=" + "x".repeat(room)))).isInstanceOf(AuthStep.Send.class);
        assertViolation(scramFirst(initial("n,,n=,r=" + "x".repeat(room + 1))));
    }

    private static AuthStep scramFirst(byte[] body) {
        ClientAuth auth = ClientAuth.scram(SCRAM, USER, ISSUER);
        auth.start();
        return auth.onResponse(body);
    }

    private static byte[] initial(String first) {
        return initial("SCRAM-SHA-256", first.length(), first);
    }

    private static byte[] initial(String mechanism, int length, String first) {
        byte[] name = (mechanism + "\0").getBytes(ISO_8859_1);
        byte[] data = first.getBytes(ISO_8859_1);
        return ByteBuffer.allocate(name.length + 4 + data.length)
                .put(name)
                .putInt(length)
                .put(data)
                .array();
    }

    private static AuthStep clearText(StoredSecret secret, byte[] body) {
        ClientAuth auth = ClientAuth.clearText(secret, USER);
        auth.start();
        return auth.onResponse(body);
    }

    private static KeyDerivation derivation(AuthStep step) {
        return ((AuthStep.NeedsDerivation) step).derivation();
    }

    private static void assertViolation(AuthStep step) {
        assertThat(step)
                .isInstanceOfSatisfying(
                        AuthStep.Failed.class,
                        failed -> assertThat(failed.isProtocolViolation()).isTrue());
    }
}
