package dev.spillway.server.check;

import dev.spillway.core.config.SslMode;

/** Where a PostgreSQL is said to be: one host of a database. Immutable. {@code host} may be the directory of a Unix socket. */
record Place(String host, int port, SslMode tls) {
    boolean isUnix() {
        return host.startsWith("/") || host.startsWith("@");
    }

    /** Does nothing that is sent there leave this machine? */
    boolean isLocal() {
        return isUnix() || host.equals("localhost") || host.equals("::1") || host.startsWith("127.");
    }

    /** For people. */
    String text() {
        return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
    }
}
