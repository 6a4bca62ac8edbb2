package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.Secret;
import java.util.Objects;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Both roles against each other: they must agree, and must not when anybody changes a byte between them. */
class LoginExchangeTest {
    private static final String USER = "alice";
    private static final int FEW_ITERATIONS = 2;
    private static final byte[] SALT = "0123456789abcdef".getBytes(UTF_8);
    private static final byte[] MD5_SALT = {1, 2, 3, 4};

    @Property(tries = 300)
    void scramVerifierAcceptsItsOwnPasswordAndNoOther(
            @ForAll @NotEmpty @StringLength(max = 40) String password,
            @ForAll @NotEmpty @StringLength(max = 40) @CharRange(from = '!', to = '~') String other) {
        StoredSecret verifier = ScramVerifier.derive(Secret.of(password), SALT, FEW_ITERATIONS);
        assertAgreed(LoginExchange.run(scram(verifier), login(plain(password))));
        if (!other.equals(password)) {
            assertRefused(LoginExchange.run(scram(verifier), login(plain(other + "!"))));
        }
    }

    @Property(tries = 300)
    void plainPasswordIsAcceptedByEveryMethod(@ForAll @NotEmpty @StringLength(max = 40) String password) {
        if (password.indexOf('\0') >= 0) {
            return;
        }
        StoredSecret secret = plain(password);
        assertAgreed(LoginExchange.run(scram(secret), login(secret)));
        assertAgreed(LoginExchange.run(ClientAuth.md5(secret, USER, MD5_SALT), login(secret)));
        assertAgreed(LoginExchange.run(ClientAuth.clearText(secret, USER), login(secret)));
        StoredSecret md5 = StoredSecret.Md5.of(password.getBytes(UTF_8), USER);
        assertAgreed(LoginExchange.run(ClientAuth.clearText(md5, USER), login(secret)));
        assertAgreed(LoginExchange.run(ClientAuth.md5(md5, USER, MD5_SALT), login(md5)));
        assertAgreed(LoginExchange.run(ClientAuth.md5(md5, USER, MD5_SALT), login(secret)));
        StoredSecret verifier = ScramVerifier.derive(Secret.of(password), SALT, FEW_ITERATIONS);
        assertAgreed(LoginExchange.run(ClientAuth.clearText(verifier, USER), login(secret)));
    }

    @Test
    void keysOfAScramLoginLogInToTheServerThatHasTheSameVerifier() {
        StoredSecret verifier = ScramVerifier.derive(Secret.of("pencil"), SALT, FEW_ITERATIONS);
        LoginExchange first = LoginExchange.run(scram(verifier), login(plain("pencil")));
        StoredSecret keys = Objects.requireNonNull(((AuthStep.Done) first.checking()).taught());
        assertThat(keys).isInstanceOf(ScramKeys.class);
        assertAgreed(LoginExchange.run(scram(verifier), login(keys)));
        assertAgreed(LoginExchange.run(scram(keys), login(plain("pencil"))));
        StoredSecret changed = ScramVerifier.derive(Secret.of("pencil"), MD5_SALT, FEW_ITERATIONS);
        assertThat(LoginExchange.run(scram(changed), login(keys)).loggingIn())
                .isInstanceOfSatisfying(
                        ServerAuthStep.Failed.class,
                        failed -> assertThat(failed.text()).contains("password was changed"));
    }

    @Test
    void keysOfAClearTextLoginLogInToTheServerThatHasTheSameVerifier() {
        StoredSecret verifier = ScramVerifier.derive(Secret.of("pencil"), SALT, FEW_ITERATIONS);
        LoginExchange first = LoginExchange.run(ClientAuth.clearText(verifier, USER), login(plain("pencil")));
        StoredSecret keys = Objects.requireNonNull(((AuthStep.Done) first.checking()).taught());
        assertThat(keys).isInstanceOf(ScramKeys.class);
        assertAgreed(LoginExchange.run(scram(verifier), login(keys)));
    }

    @Test
    void noChangedByteOfAScramExchangeGoesUnnoticed() {
        StoredSecret verifier = ScramVerifier.derive(Secret.of("pencil"), SALT, 1);
        assertEveryChangeIsNoticed(() -> scram(verifier), plain("pencil"), 5);
    }

    @Test
    void noChangedByteOfAnMd5ExchangeGoesUnnoticed() {
        assertEveryChangeIsNoticed(() -> ClientAuth.md5(plain("pencil"), USER, MD5_SALT), plain("pencil"), 2);
    }

    @Test
    void noChangedByteOfAClearTextExchangeGoesUnnoticed() {
        assertEveryChangeIsNoticed(() -> ClientAuth.clearText(plain("pencil"), USER), plain("pencil"), 2);
    }

    private static void assertEveryChangeIsNoticed(Supplier<ClientAuth> checking, StoredSecret secret, int count) {
        LoginExchange untouched = LoginExchange.run(checking.get(), login(secret));
        assertAgreed(untouched);
        assertThat(untouched.messages()).hasSize(count);
        for (int message = 0; message < count; message++) {
            LoginExchange.Message original = untouched.messages().get(message);
            for (int at = 0; at < original.body().length; at++) {
                for (int mask = 1; mask < 256; mask++) {
                    LoginExchange changed = LoginExchange.run(checking.get(), login(secret), flip(message, at, mask));
                    String where = "message " + message + " byte " + at + " xor " + mask;
                    assertThat(changed.isOk()).as(where).isFalse();
                    // Only the last message is sent by a machine that is satisfied already.
                    assertThat(changed.isDone()).as(where).isEqualTo(original.code() == AuthRequest.SASL_FINAL.code());
                }
            }
        }
    }

    private static LoginExchange.Tamper flip(int message, int at, int mask) {
        return (index, body) -> {
            if (index == message) {
                body[at] ^= (byte) mask;
            }
            return body;
        };
    }

    @Test
    void unknownUserCannotBeToldFromAWrongPasswordByTheMessages() {
        StoredSecret known = ScramVerifier.derive(Secret.of("pencil"), SALT, FEW_ITERATIONS);
        LoginExchange wrong = LoginExchange.run(scram(known), login(plain("pen")));
        for (StoredSecret none : new StoredSecret[] {null, plain(""), StoredSecret.Md5.of(SALT, USER)}) {
            LoginExchange unknown = LoginExchange.run(scram(none), login(plain("pen")));
            assertRefused(unknown);
            assertThat(unknown.messages()).hasSameSizeAs(wrong.messages()).hasSize(4);
            for (int i = 0; i < 4; i++) {
                LoginExchange.Message a = unknown.messages().get(i);
                LoginExchange.Message b = wrong.messages().get(i);
                assertThat(a.code()).isEqualTo(b.code());
                assertThat(a.body()).hasSameSizeAs(b.body());
            }
            assertThat(((AuthStep.Failed) unknown.checking()).isProtocolViolation())
                    .isFalse();
        }
    }

    @Test
    void emptyPasswordLogsNobodyInEvenByItsOwnKeys() {
        StoredSecret.Plain empty = new StoredSecret.Plain(Secret.of(""));
        KeyDerivation derivation = TestBytes.issuer(FEW_ITERATIONS).derivation(empty, USER);
        byte[] salted = derivation.saltedPassword();
        StoredSecret keys =
                new ScramKeys(ScramVerifier.fromSaltedPassword(derivation, salted), Scram.clientKey(salted));
        assertRefused(LoginExchange.run(scram(empty), login(keys)));
    }

    @Test
    void unknownUserGetsTheSameSaltAtEveryLoginAndAnotherThanOtherUsers() {
        ScramIssuer issuer = TestBytes.issuer(FEW_ITERATIONS);
        assertThat(saltSentTo("mallory", issuer)).isEqualTo(saltSentTo("mallory", issuer));
        assertThat(saltSentTo("mallory", issuer)).isNotEqualTo(saltSentTo("trudy", issuer));
        ScramIssuer otherProcess = new ScramIssuer(TestBytes.seeded(99), FEW_ITERATIONS);
        assertThat(saltSentTo("mallory", issuer)).isNotEqualTo(saltSentTo("mallory", otherProcess));
    }

    private static String saltSentTo(String user, ScramIssuer issuer) {
        LoginExchange exchange = LoginExchange.run(ClientAuth.scram(null, user, issuer), login(plain("pen")));
        String serverFirst = Scram.text(exchange.messages().get(2).body());
        return serverFirst.substring(serverFirst.indexOf(",s="));
    }

    private static StoredSecret plain(String password) {
        return new StoredSecret.Plain(Secret.of(password));
    }

    private static ClientAuth scram(@Nullable StoredSecret secret) {
        return ClientAuth.scram(secret, USER, TestBytes.issuer(FEW_ITERATIONS));
    }

    private static ServerAuth login(StoredSecret secret) {
        return ServerAuth.of(USER, secret, TestBytes.seeded(2));
    }

    private static void assertAgreed(LoginExchange exchange) {
        assertThat(exchange.checking()).isInstanceOf(AuthStep.Done.class);
        assertThat(exchange.loggingIn()).isInstanceOf(ServerAuthStep.Ok.class);
    }

    private static void assertRefused(LoginExchange exchange) {
        assertThat(exchange.checking()).isInstanceOf(AuthStep.Failed.class);
        assertThat(exchange.isOk()).isFalse();
    }
}
