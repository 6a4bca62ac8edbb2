package dev.spillway.server.demo;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A small application with one JDBC connection, which it keeps between its transactions. One thread at a time; a first
 * error ends it.
 */
final class Client implements AutoCloseable {
    /** Inside a transaction: an application that does something with what it read. */
    private static final Duration THINK = Duration.ofMillis(5);
    /** Between two transactions. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final int id;
    private final String url;
    private final Tally tally;
    private @Nullable Connection connection;

    Client(int id, String url, Tally tally) {
        this.id = id;
        this.url = url;
        this.tally = tally;
    }

    void connect() {
        try {
            Connection opened = DriverManager.getConnection(url);
            opened.setAutoCommit(false);
            connection = opened;
        } catch (SQLException e) {
            tally.failed(e);
        }
    }

    boolean isConnected() {
        return connection != null;
    }

    /** Transactions until {@code deadlineNanos}, at least one; does nothing if it is not connected. */
    void work(long deadlineNanos) {
        Connection open = connection;
        if (open == null) {
            return;
        }
        try {
            while (true) {
                long begin = System.nanoTime();
                transact(open);
                tally.committed(System.nanoTime() - begin);
                if (deadlineNanos - System.nanoTime() < PAUSE.toNanos()) {
                    return;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } catch (SQLException e) {
            tally.failed(e);
        }
    }

    private void transact(Connection open) throws SQLException {
        try (PreparedStatement update =
                        open.prepareStatement("update accounts set balance = balance + 1 where id = ?");
                PreparedStatement select = open.prepareStatement("select balance from accounts where id = ?")) {
            update.setInt(1, id);
            update.executeUpdate();
            LockSupport.parkNanos(THINK.toNanos());
            select.setInt(1, id);
            select.executeQuery().close();
        }
        open.commit();
    }

    @Override
    public void close() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                tally.failed(e);
            }
        }
    }
}
