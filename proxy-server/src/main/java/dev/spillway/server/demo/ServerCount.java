package dev.spillway.server.demo;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Counts connections where they end: in PostgreSQL's {@code pg_stat_activity}, over a direct connection of its own that
 * it does not count. Used by one thread.
 */
final class ServerCount implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement query;
    private int most;

    /** {@code url}: as another user than those to be counted. */
    ServerCount(String url) throws SQLException {
        connection = DriverManager.getConnection(url);
        query = connection.prepareStatement("select count(*) from pg_stat_activity"
                + " where backend_type = 'client backend' and pid <> pg_backend_pid()");
    }

    /** Looks once more. */
    void sample() throws SQLException {
        try (ResultSet rows = query.executeQuery()) {
            rows.next();
            most = Math.max(most, rows.getInt(1));
        }
    }

    /** The most that any sample saw since the last {@link #reset}. */
    int most() {
        return most;
    }

    void reset() {
        most = 0;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
