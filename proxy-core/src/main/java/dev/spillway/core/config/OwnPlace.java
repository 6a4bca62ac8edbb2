package dev.spillway.core.config;

import java.util.Collection;
import java.util.Set;

/**
 * Whether a server's place is our own: each connection to it would be a client that needs another. Stateless.
 *
 * <p>Only Spillway itself is found so. Two proxies that point at each other are not.
 */
public final class OwnPlace {
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "::1", "localhost");
    /** As an address to listen on every one of the machine, as one to connect to the machine itself. */
    private static final Set<String> EVERY = Set.of("*", "0.0.0.0", "::");

    private OwnPlace() {}

    /** Does {@code host} name, without being looked up, one of the {@code addresses} to listen on? */
    static boolean isWritten(String host, Collection<String> addresses) {
        boolean isThisMachine = LOOPBACK.contains(host) || EVERY.contains(host);
        return addresses.contains(host)
                || (isThisMachine
                        && addresses.stream()
                                .anyMatch(address -> LOOPBACK.contains(address) || EVERY.contains(address)));
    }

    /** What is said of it. */
    public static String text(String database, String host, int port) {
        return "database '" + database + "' is Spillway itself: " + host + " port " + port
                + " is where it listens, and each connection to it would need another. Give the host and port of"
                + " PostgreSQL";
    }
}
