package dev.spillway.core.auth;

/** {@code auth_type = any} and {@code trust}: nothing is asked. */
final class TrustClientAuth implements ClientAuth {
    @Override
    public AuthStep start() {
        return AuthStep.Done.WITHOUT_SASL;
    }

    @Override
    public AuthStep onResponse(byte[] body) {
        return new AuthStep.Failed("a password message, though no password was asked for", true);
    }

    @Override
    public int responseLimitBytes() {
        return 0;
    }
}
