package dev.spillway.core.auth;

/** {@code auth_type = any} and {@code trust}: nothing is asked. */
final class TrustClientAuth implements ClientAuth {
    private final boolean isTrusted;

    TrustClientAuth(boolean isTrusted) {
        this.isTrusted = isTrusted;
    }

    @Override
    public AuthStep start() {
        return isTrusted ? AuthStep.Done.WITHOUT_SASL : new AuthStep.Failed("the user is unknown", false);
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
}
