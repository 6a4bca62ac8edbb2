package dev.spillway.core.auth;

/**
 * SCRAM's server-first-message, {@code r=nonce,s=salt,i=iterations}.
 *
 * @param nonce the client's with the server's appended
 * @param text the message, as signed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ServerFirst(String nonce, byte[] salt, int iterations, String text) {
    static ServerFirst of(String nonce, ScramVerifier verifier) {
        String text = "r=" + nonce + ",s=" + Scram.encodeBase64(verifier.salt()) + ",i=" + verifier.iterations();
        return new ServerFirst(nonce, verifier.salt(), verifier.iterations(), text);
    }

    /** Takes what libpq's read_server_first_message takes, if its nonce extends ours and its iterations are bounded. */
    static ServerFirst parse(String text, String clientNonce) throws AuthFailure {
        ScramAttributes attributes = new ScramAttributes(text, 0);
        String nonce = attributes.next('r');
        if (!nonce.startsWith(clientNonce) || nonce.length() == clientNonce.length() || !Scram.isPrintable(nonce)) {
            throw AuthFailure.violation("SCRAM nonce does not extend ours");
        }
        byte[] salt = Scram.decodeBase64(attributes.next('s'));
        if (salt == null || salt.length == 0) {
            throw AuthFailure.violation("malformed SCRAM message: invalid salt");
        }
        int iterations = Scram.parseIterations(attributes.next('i'));
        if (iterations < 1 || !attributes.isAtEnd()) {
            throw AuthFailure.violation("malformed SCRAM message: invalid iteration count or trailing data");
        }
        if (!ScramVerifier.isIterationCount(iterations)) {
            throw AuthFailure.refusal(
                    "asks for " + iterations + " SCRAM iterations, over our limit of " + ScramVerifier.MAX_ITERATIONS);
        }
        return new ServerFirst(nonce, salt, iterations, text);
    }
}
