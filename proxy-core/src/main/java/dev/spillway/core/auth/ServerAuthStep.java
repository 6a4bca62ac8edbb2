package dev.spillway.core.auth;

/** What to do next while we log in to PostgreSQL; made by {@link ServerAuth}. Arrays belong to whoever gets the step. */
public sealed interface ServerAuthStep {
    /** Send a 'p' message (PasswordMessage, SASLInitialResponse or SASLResponse) with this body. */
    @SuppressWarnings("ArrayRecordComponent") // a step is read once and never compared
    record Send(byte[] body) implements ServerAuthStep {
        @Override
        public String toString() {
            return "Send[***]"; // may be the password in clear text
        }
    }

    /** Run {@code derivation} off the event loop, or look it up, and call {@link ServerAuth#resume} with the result. */
    record NeedsDerivation(KeyDerivation derivation) implements ServerAuthStep {}

    /** Nothing is to be sent: read on, AuthenticationOk is due. */
    record Proceed() implements ServerAuthStep {}

    /** PostgreSQL has accepted us; its parameters follow. */
    record Ok() implements ServerAuthStep {}

    /** Close the connection. {@code text} is one sentence for the operator, without secrets. */
    record Failed(String text) implements ServerAuthStep {}
}
