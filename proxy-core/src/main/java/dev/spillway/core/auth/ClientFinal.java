package dev.spillway.core.auth;

/**
 * SCRAM's client-final-message, {@code c=biws,r=nonce,p=proof}.
 *
 * @param withoutProof what is signed of it
 * @param proof 32 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ClientFinal(String withoutProof, byte[] proof) {
    static String withoutProof(String gs2Header, String nonce) {
        return "c=" + Scram.encodeBase64(Scram.bytes(gs2Header)) + ",r=" + nonce;
    }

    String text() {
        return withoutProof + ",p=" + Scram.encodeBase64(proof);
    }

    /** Takes what PostgreSQL's read_client_final_message takes, if it repeats the header and the nonce we expect. */
    static ClientFinal parse(String text, String gs2Header, String nonce) throws AuthFailure {
        ScramAttributes attributes = new ScramAttributes(text, 0);
        if (!attributes.next('c').equals(Scram.encodeBase64(Scram.bytes(gs2Header)))) {
            throw AuthFailure.violation("SCRAM channel binding does not repeat the header of the first message");
        }
        if (!attributes.next('r').equals(nonce)) {
            throw AuthFailure.violation("SCRAM nonce does not match");
        }
        while (!attributes.isAtEnd() && !attributes.isNext('p')) {
            attributes.next();
        }
        int proofStart = attributes.position();
        byte[] proof = Scram.decodeBase64(attributes.next('p'));
        if (proof == null || proof.length != Scram.KEY_BYTES || !attributes.isAtEnd()) {
            throw AuthFailure.violation("malformed SCRAM message: invalid proof or trailing data");
        }
        return new ClientFinal(text.substring(0, proofStart - 1), proof);
    }

    @Override
    public String toString() {
        return "ClientFinal[***]"; // with the verifier, a proof gives the ClientKey away
    }
}
