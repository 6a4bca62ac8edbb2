package dev.spillway.core.auth;

import dev.spillway.core.error.ProxyError;
import org.jspecify.annotations.Nullable;

/** {@code cert} and {@code peer}: nothing is asked, for the handshake of TLS or the system has said who the client is. */
final class NamedClientAuth implements ClientAuth {
    private final String user;
    private final boolean isKnown;
    private final @Nullable IdentMap map;
    private final @Nullable String name;
    private final String nameless;
    private final ProxyError failure;

    private NamedClientAuth(
            String user,
            boolean isKnown,
            @Nullable IdentMap map,
            @Nullable String name,
            String nameless,
            ProxyError failure) {
        this.user = user;
        this.isKnown = isKnown;
        this.map = map;
        this.name = name;
        this.nameless = nameless;
        this.failure = failure;
    }

    /**
     * @param user who the client says it is
     * @param isKnown whether we know that user
     * @param map what else the name may be; null: nothing
     * @param certified the common name of the certificate that the client has proved to be its own; null: none
     */
    static NamedClientAuth byCertificate(
            String user, boolean isKnown, @Nullable IdentMap map, @Nullable String certified) {
        return new NamedClientAuth(
                user,
                isKnown,
                map,
                certified,
                "the client has shown no certificate with a common name",
                ProxyError.CERTIFICATE_REFUSED);
    }

    /** The same by the system's name of the client at the other end of a Unix socket; null: it has none. */
    static NamedClientAuth byPeer(String user, boolean isKnown, @Nullable IdentMap map, @Nullable String peer) {
        return new NamedClientAuth(
                user,
                isKnown,
                map,
                peer,
                "the client is at no Unix socket, or the system has no name for it",
                ProxyError.PEER_REFUSED);
    }

    @Override
    public AuthStep start() {
        if (name == null) {
            return new AuthStep.Failed(nameless, false);
        }
        if (map == null ? !name.equals(user) : !map.allows(name, user)) {
            String unmapped = map == null ? "" : ", whom map \"" + map.name() + "\" does not let in as that user";
            return new AuthStep.Failed("the client is \"" + name + '"' + unmapped, false);
        }
        return isKnown ? AuthStep.Done.WITHOUT_SASL : new AuthStep.Failed("the user is not known", false);
    }

    @Override
    public AuthStep onResponse(byte[] body) {
        return new AuthStep.Failed("a password message, though no password was asked for", true);
    }

    @Override
    public int responseLimitBytes() {
        return 0;
    }

    @Override
    public ProxyError failure() {
        return failure;
    }
}
