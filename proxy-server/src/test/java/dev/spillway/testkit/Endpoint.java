package dev.spillway.testkit;

/** Where to connect, and as whom: PostgreSQL itself, a relay before it, or the proxy. */
public record Endpoint(String host, int port, String user, String database) {
    public Endpoint withPort(int other) {
        return new Endpoint(host, other, user, database);
    }

    public Endpoint withUser(String other) {
        return new Endpoint(host, port, other, database);
    }

    public Endpoint withDatabase(String other) {
        return new Endpoint(host, port, user, other);
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://%s:%d/%s?user=%s".formatted(host, port, database, user);
    }
}
