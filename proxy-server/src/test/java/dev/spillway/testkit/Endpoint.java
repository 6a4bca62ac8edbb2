package dev.spillway.testkit;

import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Where to connect, and as whom: PostgreSQL itself, a relay before it, or the proxy.
 *
 * @param tls with what {@link WireClient} protects its connection; null: not at all
 */
public record Endpoint(
        String host,
        int port,
        String user,
        String database,
        @Nullable SSLContext tls) {
    public Endpoint(String host, int port, String user, String database) {
        this(host, port, user, database, null);
    }

    public Endpoint withPort(int other) {
        return new Endpoint(host, other, user, database, tls);
    }

    public Endpoint withUser(String other) {
        return new Endpoint(host, port, other, database, tls);
    }

    public Endpoint withDatabase(String other) {
        return new Endpoint(host, port, user, other, tls);
    }

    public Endpoint withTls(SSLContext with) {
        return new Endpoint(host, port, user, database, with);
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://%s:%d/%s?user=%s".formatted(host, port, database, user);
    }
}
