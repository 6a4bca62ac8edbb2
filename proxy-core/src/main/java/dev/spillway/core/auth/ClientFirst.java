package dev.spillway.core.auth;

/**
 * SCRAM's client-first-message, {@code n,,n=user,r=nonce}.
 *
 * @param gs2Header {@code n,,} or {@code y,,}
 * @param bare what follows it, as signed
 * @param nonce the client's
 */
record ClientFirst(String gs2Header, String bare, String nonce) {
    private static final int GS2_HEADER_LENGTH = 3;

    /** Ours: no channel binding, and no user name, which PostgreSQL takes from the startup message (as libpq does). */
    static ClientFirst of(String nonce) {
        return new ClientFirst("n,,", "n=,r=" + nonce, nonce);
    }

    String text() {
        return gs2Header + bare;
    }

    /** Takes what PostgreSQL's read_client_first_message takes where channel binding is not offered. */
    static ClientFirst parse(String text) throws AuthFailure {
        if (text.startsWith("p")) {
            throw AuthFailure.violation("the client requires SCRAM channel binding, which is not offered");
        }
        if (text.startsWith("n,a=") || text.startsWith("y,a=")) {
            throw AuthFailure.violation("the client uses a SCRAM authorization identity, which is not supported");
        }
        // "y" says: I could bind, but you do not offer it. True as long as we do not.
        if (!text.startsWith("n,,") && !text.startsWith("y,,")) {
            throw AuthFailure.violation("malformed SCRAM message: GS2 header expected");
        }
        ScramAttributes attributes = new ScramAttributes(text, GS2_HEADER_LENGTH);
        if (attributes.isNext('m')) {
            throw AuthFailure.violation("the client requires a SCRAM extension, none is supported");
        }
        attributes.next('n');
        String nonce = attributes.next('r');
        if (!Scram.isPrintable(nonce)) {
            throw AuthFailure.violation("malformed SCRAM message: nonce is empty or not printable");
        }
        while (!attributes.isAtEnd()) {
            attributes.next();
        }
        return new ClientFirst(text.substring(0, GS2_HEADER_LENGTH), text.substring(GS2_HEADER_LENGTH), nonce);
    }
}
