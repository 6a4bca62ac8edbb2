package dev.spillway.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.stats.Connections;
import dev.spillway.core.stats.SocketTables;
import dev.spillway.core.stats.SomeConnections;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Connections that are read while others of them are shown. */
class ConnectionRowsTest {
    /** What has been asked for and is not there yet. */
    private final Queue<CompletableFuture<Connections.Portion>> asked = new ArrayDeque<>();

    private int portions;
    private int told;

    private ConnectionRows rows(SocketTables.Form form) {
        ConnectionRows rows = new ConnectionRows(
                () -> {
                    CompletableFuture<Connections.Portion> portion = new CompletableFuture<>();
                    asked.add(portion);
                    portions++;
                    return portion;
                },
                form);
        rows.whenMore(() -> {
            told++;
            rows.look();
        });
        return rows;
    }

    private void read(boolean isLast, int... ids) {
        asked.remove().complete(SomeConnections.portion(isLast, IntStream.of(ids)));
    }

    /** The numbers of all that is there. */
    private static List<String> shown(ConnectionRows rows) {
        int id = IntStream.range(0, rows.columns().size())
                .filter(column -> rows.columns().get(column).name().equals("id"))
                .findFirst()
                .orElseThrow();
        List<String> shown = new ArrayList<>();
        for (@Nullable List<@Nullable String> row = rows.poll(); row != null; row = rows.poll()) {
            shown.add(String.valueOf(row.get(id)));
        }
        return shown;
    }

    @Test
    void whatHasBeenReadIsShownWhileMoreIsRead() {
        ConnectionRows rows = rows(SocketTables.clients());
        assertThat(rows.hasRows()).isFalse();
        assertThat(rows.isDrained()).isFalse();
        read(false, 1, 2);
        assertThat(shown(rows)).containsExactly("1", "2");
        assertThat(rows.isDrained()).isFalse();
        read(true, 3);
        assertThat(shown(rows)).containsExactly("3");
        assertThat(rows.isDrained()).isTrue();
        assertThat(told).as("once to begin, and for each portion").isEqualTo(3);
    }

    @Test
    void whoHasMovedToAnotherLaneIsShownOnce() {
        ConnectionRows rows = rows(SocketTables.clients());
        read(false, 1, 2);
        read(true, 2, 3);
        assertThat(shown(rows)).containsExactly("1", "2", "3");
    }

    @Test
    void serversThatHaveNoConnectionYetAreAllShown() {
        ConnectionRows rows = rows(SocketTables.sockets());
        read(true, 0, 0);
        assertThat(shown(rows)).containsExactly("0", "0");
    }

    @Test
    void noMoreIsReadThanIsSent() {
        ConnectionRows rows = rows(SocketTables.clients());
        read(false, 1);
        read(false, 2);
        assertThat(asked).isEmpty();
        assertThat(portions).isEqualTo(2);
        assertThat(shown(rows)).containsExactly("1", "2");
        rows.look();
        assertThat(portions).isEqualTo(3);
        rows.look();
        assertThat(portions).as("the third is under way").isEqualTo(3);
    }

    @Test
    void portionsOfWhichNothingIsShownEndAsWell() {
        ConnectionRows rows = rows(SocketTables.activeSockets());
        read(true, 1, 2);
        assertThat(rows.hasRows()).isTrue();
        assertThat(shown(rows)).isEmpty();
        assertThat(rows.isDrained()).isTrue();
    }

    @Test
    void laneThatCannotBeReadIsTold() {
        ConnectionRows rows = rows(SocketTables.clients());
        asked.remove().completeExceptionally(new IllegalStateException("the lane has ended"));
        assertThat(rows.hasRows()).isTrue();
        assertThatThrownBy(rows::poll).hasRootCauseMessage("the lane has ended");
        assertThat(asked).as("nothing more is asked").isEmpty();
    }
}
