package dev.spillway.core.auth;

import dev.spillway.core.error.ProxyError;
import org.jspecify.annotations.Nullable;

/** {@code auth_type = cert}: nothing is asked, for the handshake of TLS has proved who holds the certificate. */
final class CertClientAuth implements ClientAuth {
    private final String user;
    private final boolean isKnown;
    private final @Nullable String certified;

    /**
     * @param user who the client says it is
     * @param isKnown whether we know that user
     * @param certified the common name of the certificate that the client has proved to be its own; null: none
     */
    CertClientAuth(String user, boolean isKnown, @Nullable String certified) {
        this.user = user;
        this.isKnown = isKnown;
        this.certified = certified;
    }

    @Override
    public AuthStep start() {
        if (certified == null) {
            return new AuthStep.Failed("the client has shown no certificate with a common name", false);
        }
        if (!certified.equals(user)) {
            return new AuthStep.Failed("the client's certificate is for \"" + certified + "\"", false);
        }
        return isKnown ? AuthStep.Done.WITHOUT_SASL : new AuthStep.Failed("the user is not known", false);
    }

    @Override
    public AuthStep onResponse(byte[] body) {
        return new AuthStep.Failed("a password message, though no password was asked for", true);
    }

    @Override
    public AuthStep resume(byte[] saltedPassword) {
        throw new IllegalStateException("no derivation was asked for");
    }

    @Override
    public int responseLimitBytes() {
        return 0;
    }

    @Override
    public ProxyError failure() {
        return ProxyError.CERTIFICATE_REFUSED;
    }
}
