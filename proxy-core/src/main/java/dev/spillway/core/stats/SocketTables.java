package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.stats.Table.Column;
import dev.spillway.core.stats.Table.Columns;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The tables of connections behind SHOW, in PgBouncer's columns and order, and ours behind them. Stateless. */
public final class SocketTables {
    private static final long NANOS_PER_MICRO = 1000;
    private static final long MILLIS_PER_SECOND = 1000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss zzz", Locale.ROOT);

    private static final Columns COLUMNS = Columns.NONE
            .text("type", "user", "database", "replication", "state", "addr")
            .int4("port")
            .text("local_addr")
            .int4("local_port")
            .text("connect_time", "request_time")
            .int4("wait", "wait_us", "close_needed")
            .text("ptr", "link")
            .int4("remote_pid")
            .text("tls", "application_name")
            .int4("prepared_statements", "id");

    /** What PgBouncer has not comes last. */
    private static final Columns WITH_PINS =
            COLUMNS.text("pin_reason").int8("pin_age").text("pin_tag");

    private static final Columns WITH_BUFFERS =
            COLUMNS.int4("recv_pos", "pkt_pos", "pkt_remain", "send_pos", "send_remain", "pkt_avail", "send_avail");

    private SocketTables() {}

    /**
     * How connections are shown one by one. Used by one thread at a time.
     *
     * @param areAll whether servers and clients that log in are shown
     * @param isShown who of them is
     */
    public record Form(
            List<Column> columns,
            boolean areAll,
            Predicate<ConnectionFigures> isShown,
            Function<ConnectionFigures, List<@Nullable String>> row) {}

    /** Clients that are logged in or wait for their first server, and those of the console. */
    public static Form clients() {
        return withPins(false);
    }

    private static Form withPins(boolean areAll) {
        Seconds seconds = new Seconds();
        return new Form(WITH_PINS.all(), areAll, socket -> true, socket -> withPin(socket, seconds));
    }

    /** Connections of any kind, with what of them is in our buffers, in bytes. */
    public static Form sockets() {
        return withBuffers(socket -> true);
    }

    /** The same, those of which anything is in our buffers. */
    public static Form activeSockets() {
        return withBuffers(socket -> socket.heldBytes() > 0 || socket.wire().unsentBytes() > 0);
    }

    private static Form withBuffers(Predicate<ConnectionFigures> isShown) {
        Seconds seconds = new Seconds();
        return new Form(WITH_BUFFERS.all(), true, isShown, socket -> withBuffers(socket, seconds));
    }

    /** One row per server connection, those being opened included. */
    public static Table servers(ProxyFigures figures) {
        Form form = withPins(true);
        return WITH_PINS.table(figures.servers().stream().map(form.row).toList());
    }

    /** The age is in seconds, and null where nothing is kept. */
    private static List<@Nullable String> withPin(ConnectionFigures socket, Seconds seconds) {
        List<@Nullable String> row = cells(socket, socket.state(), seconds);
        PinShown pin = socket.pin();
        row.add(pin.reason());
        row.add(pin.isAny() ? String.valueOf(pin.ageNanos() / NANOS_PER_SECOND) : null);
        row.add(pin.tag());
        return row;
    }

    /** Of PgBouncer's positions in its one buffer there is nothing here: messages are passed on where they were read. */
    private static List<@Nullable String> withBuffers(ConnectionFigures socket, Seconds seconds) {
        List<@Nullable String> row = cells(socket, listed(socket), seconds);
        row.addAll(row(0, 0, 0, 0, 0, socket.heldBytes(), socket.wire().unsentBytes()));
        return row;
    }

    /** The state as the name of a list: a client has one of its own only where it waits or logs in. */
    private static String listed(ConnectionFigures socket) {
        if (socket.type().equals("S")) {
            return socket.state().equals("new") ? "sv_login" : "sv_" + socket.state();
        }
        return switch (socket.state()) {
            case "idle", "active" -> "cl_active";
            default -> "cl_" + socket.state();
        };
    }

    private static List<@Nullable String> cells(ConnectionFigures socket, String state, Seconds seconds) {
        return row(
                socket.type(),
                socket.user(),
                socket.database(),
                socket.replication(),
                state,
                socket.wire().address(),
                socket.wire().port(),
                socket.wire().localAddress(),
                socket.wire().localPort(),
                seconds.text(socket.connectedAtMillis()),
                seconds.text(socket.requestedAtMillis()),
                socket.waitNanos() / NANOS_PER_SECOND,
                socket.waitNanos() % NANOS_PER_SECOND / NANOS_PER_MICRO,
                socket.isClosedNext() ? 1 : 0,
                pointer(socket.wire().id()),
                pointer(socket.linkId()),
                socket.processId(),
                socket.wire().tls(),
                socket.applicationName(),
                socket.statements(),
                socket.wire().id());
    }

    /** Moments as PgBouncer writes them, with the zone of this machine. Thousands of rows have few different ones. */
    private static final class Seconds {
        private final Map<Long, String> texts = new HashMap<>();

        String text(long millis) {
            return texts.computeIfAbsent(Math.floorDiv(millis, MILLIS_PER_SECOND), Seconds::format);
        }

        private static String format(long second) {
            return TIME.format(Instant.ofEpochSecond(second).atZone(ZoneId.systemDefault()));
        }
    }

    private static String pointer(int id) {
        return id == 0 ? "" : "0x" + Integer.toHexString(id);
    }
}
