package dev.spillway.core.auth;

import dev.spillway.core.error.ProxyError;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The authentication of one client, as a step machine.
 *
 * <p>The client's session calls it on its lane: {@link #start} once, then {@link #onResponse} with the body of every 'p'
 * message, doing what each {@link AuthStep} says. After Done or Failed the machine has ended and every further response
 * fails. Bodies are borrowed: the machine copies what it keeps. It never throws because of what a client sent, never
 * tells an unknown user from a wrong password by the messages it sends, and never derives a key itself.
 */
public sealed interface ClientAuth
        permits TrustClientAuth,
                NamedClientAuth,
                ClearTextClientAuth,
                Md5ClientAuth,
                ScramClientAuth,
                JudgedClientAuth {
    /** The first step. */
    AuthStep start();

    /** The step after the client's answer, {@code body} being the message without type and length. */
    AuthStep onResponse(byte[] body);

    /**
     * The step after a {@link AuthStep.NeedsDerivation}, with what {@link KeyDerivation#saltedPassword} returned. Fails if
     * the machine has ended meanwhile; an IllegalStateException if no derivation was asked for, which is our own mistake.
     */
    default AuthStep resume(byte[] saltedPassword) {
        throw new IllegalStateException("no derivation was asked for");
    }

    /**
     * The step after a {@link AuthStep.NeedsJudgement}, with what {@link PasswordQuestion#ask} returned. Fails if the machine
     * has ended meanwhile; an IllegalStateException if nobody was to be asked, which is our own mistake.
     */
    default AuthStep judged(@Nullable String refusal) {
        throw new IllegalStateException("no judgement was asked for");
    }

    /** The longest body of a 'p' message that can succeed; a longer one may be refused unread. */
    int responseLimitBytes();

    /** Does another say whether the client is who it says? */
    default boolean isJudgedByOthers() {
        return false;
    }

    /** What a client is told that did not prove who it is; takes the user's name. */
    default ProxyError failure() {
        return ProxyError.AUTHENTICATION_FAILED;
    }

    /** Lets everybody in. */
    static ClientAuth trust() {
        return new TrustClientAuth();
    }

    /** Asks for the password in clear text; {@code secret} null if the user is unknown. */
    static ClientAuth clearText(@Nullable StoredSecret secret, String user) {
        return new ClearTextClientAuth(secret, user);
    }

    /**
     * Sends an MD5 challenge; {@code secret} null if the user is unknown, never one of SCRAM: those cannot answer MD5, and
     * {@link #choose} takes SCRAM for them.
     *
     * @param salt four unpredictable bytes
     */
    static ClientAuth md5(@Nullable StoredSecret secret, String user, byte[] salt) {
        return new Md5ClientAuth(secret, user, salt);
    }

    /**
     * Runs SCRAM-SHA-256. Where there is nothing to check against (a user unknown or without password: {@code secret}
     * null; or an MD5 hash) the exchange looks the same and fails at its end.
     */
    static ClientAuth scram(@Nullable StoredSecret secret, String user, ScramIssuer issuer) {
        return new ScramClientAuth(secret, user, issuer);
    }

    /** Asks for the password in clear text, and the directory about it. */
    static ClientAuth ldap(PasswordJudge directory, String user, Witness witness) {
        return new JudgedClientAuth(directory, user, witness.host(), ProxyError.LDAP_REFUSED);
    }

    /** Asks for the password in clear text, and the system about it. */
    static ClientAuth pam(PasswordJudge system, String user, Witness witness) {
        return new JudgedClientAuth(system, user, witness.host(), ProxyError.PAM_REFUSED);
    }

    /**
     * The machine for a method, as PgBouncer chooses it: {@code md5} becomes SCRAM for a user whose secret is a SCRAM
     * verifier. {@code trust} believes whom the caller lets come so far, and {@code ldap} and {@code pam} whom the witness'
     * judge does.
     *
     * @param map what the user may be called by a witness; null: by its own name
     */
    static ClientAuth choose(
            AccessMethod method,
            @Nullable IdentMap map,
            @Nullable StoredSecret secret,
            String user,
            ScramIssuer issuer,
            Witness witness) {
        return switch (method) {
            case TRUST -> trust();
            case CERT -> NamedClientAuth.byCertificate(user, secret != null, map, witness.certified());
            case PEER -> NamedClientAuth.byPeer(user, secret != null, map, witness.peer());
            case PASSWORD -> clearText(secret, user);
            case SCRAM_SHA_256 -> scram(secret, user, issuer);
            case MD5 ->
                secret instanceof ScramVerifier || secret instanceof ScramKeys
                        ? scram(secret, user, issuer)
                        : md5(secret, user, issuer.md5Salt());
            case LDAP -> ldap(judge(witness), user, witness);
            case PAM -> pam(judge(witness), user, witness);
            case REJECT -> throw new IllegalArgumentException("nobody can satisfy it");
        };
    }

    private static PasswordJudge judge(Witness witness) {
        return Objects.requireNonNull(witness.judge(), "a judge");
    }
}
