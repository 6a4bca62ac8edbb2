package dev.spillway.core.auth;

import org.jspecify.annotations.Nullable;

/** What to do next while we authenticate a client; made by {@link ClientAuth}. Arrays belong to whoever gets the step. */
public sealed interface AuthStep {
    /**
     * Send an authentication request ('R') and read the client's answer ('p').
     *
     * @param authCode the request's first field, e.g. 10 for AuthenticationSASL
     * @param body what follows it
     */
    @SuppressWarnings("ArrayRecordComponent") // a step is read once and never compared
    record Send(int authCode, byte[] body) implements AuthStep {}

    /** Run {@code derivation} off the event loop, or look it up, and call {@link ClientAuth#resume} with the result. */
    record NeedsDerivation(KeyDerivation derivation) implements AuthStep {}

    /** Ask {@code question} off the event loop and call {@link ClientAuth#judged} with the answer. */
    record NeedsJudgement(PasswordQuestion question) implements AuthStep {}

    /**
     * The client is who it says.
     *
     * @param finalBody the data of an AuthenticationSASLFinal (12) to be sent before AuthenticationOk; null if there is none
     * @param taught what PostgreSQL will take for this user's password, if the login taught us that
     */
    @SuppressWarnings("ArrayRecordComponent") // a step is read once and never compared
    record Done(byte @Nullable [] finalBody, @Nullable StoredSecret taught) implements AuthStep {
        static final Done WITHOUT_SASL = new Done(null, null);

        @Override
        public String toString() {
            return "Done[***]";
        }
    }

    /**
     * The client is refused.
     *
     * @param detail why, in one sentence without secrets. It is for the log: unless the protocol was violated, every client
     *     is told the same (28P01, password authentication failed), so that nobody learns which users exist
     * @param isProtocolViolation whether the client sent what no client may send (08P01)
     */
    record Failed(String detail, boolean isProtocolViolation) implements AuthStep {
        /** For a derivation that ends after its login did, because the client spoke out of turn meanwhile. */
        static final Failed ENDED = new Failed("the login had ended already", false);

        static Failed because(AuthFailure failure) {
            return new Failed(failure.text(), failure.isProtocolViolation());
        }
    }
}
