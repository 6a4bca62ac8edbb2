package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Our login to one PostgreSQL connection, as a step machine: PostgreSQL chooses the method, we answer or refuse.
 *
 * <p>The server's session calls {@link #onRequest} on its lane for every authentication request ('R') and does what each
 * {@link ServerAuthStep} says. Bodies are borrowed. After Ok or Failed the machine has ended and every further request
 * fails. It never throws because of what a server sent, never takes AuthenticationOk from a server that began SCRAM and
 * did not prove itself, and never derives a key itself.
 */
public final class ServerAuth {
    /** libpq refuses longer authentication requests (fe-connect.c: 2000 bytes), so no server sends any. */
    public static final int REQUEST_LIMIT_BYTES = 2000;

    private enum Phase {
        NEW,
        PASSWORD_SENT,
        SCRAM,
        ENDED
    }

    private final String user;
    private final @Nullable StoredSecret secret;
    private final RandomBytes random;
    private Phase phase = Phase.NEW;
    private @Nullable ScramLogin scram;

    private ServerAuth(String user, @Nullable StoredSecret secret, RandomBytes random) {
        this.user = user;
        this.secret = secret;
        this.random = random;
    }

    /** A login as {@code user}; without a secret only a server that asks for none lets us in. */
    public static ServerAuth of(String user, @Nullable StoredSecret secret, RandomBytes random) {
        return new ServerAuth(user, secret, random);
    }

    /** The step after an authentication request: its code, and the {@code body} that follows the code. */
    public ServerAuthStep onRequest(int code, byte[] body) {
        try {
            return answer(code, body);
        } catch (AuthFailure e) {
            phase = Phase.ENDED;
            return new ServerAuthStep.Failed("the server " + e.text());
        }
    }

    /**
     * The step after a {@link ServerAuthStep.NeedsDerivation}, with what {@link KeyDerivation#saltedPassword} returned.
     * Fails if the machine has ended meanwhile; an IllegalStateException if no derivation was asked for, which is our own
     * mistake.
     */
    public ServerAuthStep resume(byte[] saltedPassword) {
        if (phase == Phase.ENDED) {
            return new ServerAuthStep.Failed("the login had ended already");
        }
        if (scram == null) {
            throw new IllegalStateException("no derivation was asked for");
        }
        return scram.resume(saltedPassword);
    }

    private ServerAuthStep answer(int code, byte[] body) throws AuthFailure {
        if (phase == Phase.ENDED) {
            throw AuthFailure.violation("sent an authentication request after the login had ended");
        }
        if (body.length > REQUEST_LIMIT_BYTES) {
            throw AuthFailure.violation("sent an authentication request over " + REQUEST_LIMIT_BYTES + " bytes");
        }
        AuthRequest request = AuthRequest.of(code);
        return switch (request) {
            case OK -> accept(body);
            case CLEARTEXT_PASSWORD -> sendPassword(body);
            case MD5_PASSWORD -> sendMd5(body);
            case SASL -> beginScram(body);
            case SASL_CONTINUE -> scramBegun(request).onContinue(body);
            case SASL_FINAL -> scramBegun(request).onFinal(body);
            case KERBEROS_V5, SCM_CREDENTIAL, GSS, GSS_CONTINUE, SSPI ->
                throw AuthFailure.refusal("asks for " + request.words() + " authentication, which we do not support");
            case null -> throw AuthFailure.refusal("asks for authentication method " + code + ", which we do not know");
        };
    }

    private ServerAuthStep accept(byte[] body) throws AuthFailure {
        requireLength(body, 0, AuthRequest.OK);
        if (scram != null && !scram.isVerified()) {
            throw AuthFailure.violation("sent AuthenticationOk before it had proved that it knows the password");
        }
        phase = Phase.ENDED;
        return new ServerAuthStep.Ok();
    }

    private ServerAuthStep sendPassword(byte[] body) throws AuthFailure {
        requireLength(body, 0, AuthRequest.CLEARTEXT_PASSWORD);
        if (!(secretFor(AuthRequest.CLEARTEXT_PASSWORD) instanceof StoredSecret.Plain(var password))) {
            throw AuthFailure.refusal(
                    "asks for the password in clear text, but all we have for user \"" + user + "\" is a hash of it");
        }
        phase = Phase.PASSWORD_SENT;
        return new ServerAuthStep.Send(PasswordResponse.body(password.reveal().getBytes(UTF_8)));
    }

    private ServerAuthStep sendMd5(byte[] salt) throws AuthFailure {
        requireLength(salt, 4, AuthRequest.MD5_PASSWORD);
        String hash = switch (secretFor(AuthRequest.MD5_PASSWORD)) {
            case StoredSecret.Md5 md5 -> md5.hash();
            case StoredSecret.Plain(var password) ->
                Md5Password.hash(password.reveal().getBytes(UTF_8), user);
            case ScramVerifier _, ScramKeys _ ->
                throw AuthFailure.refusal(
                        "asks for MD5, but all we have for user \"" + user + "\" is a SCRAM verifier");
        };
        phase = Phase.PASSWORD_SENT;
        return new ServerAuthStep.Send(
                PasswordResponse.body(Md5Password.response(hash, salt).getBytes(US_ASCII)));
    }

    private ServerAuthStep beginScram(byte[] body) throws AuthFailure {
        StoredSecret known = secretFor(AuthRequest.SASL);
        List<String> mechanisms = mechanisms(body);
        if (!mechanisms.contains(Scram.MECHANISM)) {
            throw AuthFailure.refusal("offers no SASL mechanism that we support, only " + printable(mechanisms));
        }
        scram = ScramLogin.of(known, user, ScramIssuer.nonce(random));
        phase = Phase.SCRAM;
        return new ServerAuthStep.Send(scram.initialResponse());
    }

    /** Zero-terminated names and an empty one that ends them. */
    private static List<String> mechanisms(byte[] body) throws AuthFailure {
        String text = Scram.text(body);
        if (!text.endsWith("\0\0") || text.indexOf("\0\0") != text.length() - 2) {
            throw AuthFailure.violation("sent a malformed list of SASL mechanisms");
        }
        return List.of(text.substring(0, text.length() - 2).split("\0"));
    }

    private static String printable(List<String> mechanisms) {
        return String.join(", ", mechanisms).replaceAll("[^ -~]", "?");
    }

    private ScramLogin scramBegun(AuthRequest request) throws AuthFailure {
        if (scram == null) {
            throw AuthFailure.violation("sent " + request.words() + " without AuthenticationSASL");
        }
        return scram;
    }

    /** The secret to answer a first request with: a server that asks again, or by another method, is not followed. */
    private StoredSecret secretFor(AuthRequest request) throws AuthFailure {
        if (phase != Phase.NEW) {
            throw AuthFailure.violation("sent " + request.words() + " though we had answered it already");
        }
        if (secret == null || secret.isEmpty()) {
            throw AuthFailure.refusal("asks for a password, and we have none for user \"" + user + "\"");
        }
        return secret;
    }

    private static void requireLength(byte[] body, int bytes, AuthRequest request) throws AuthFailure {
        if (body.length != bytes) {
            throw AuthFailure.violation("sent a malformed " + request.words());
        }
    }
}
