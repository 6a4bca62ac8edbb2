package dev.spillway.server.admin;

import static java.util.Map.entry;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.stats.CapacityTable;
import dev.spillway.core.stats.ClientReading;
import dev.spillway.core.stats.ErrorTable;
import dev.spillway.core.stats.LaneFigure;
import dev.spillway.core.stats.LaneView;
import dev.spillway.core.stats.LatencyFigures;
import dev.spillway.core.stats.MemoryTable;
import dev.spillway.core.stats.PinFigures;
import dev.spillway.core.stats.ProxyFigures;
import dev.spillway.core.stats.ShowTables;
import dev.spillway.core.stats.SocketTables;
import dev.spillway.core.stats.StatsTables;
import dev.spillway.core.stats.StuckFigures;
import dev.spillway.core.stats.Table;
import dev.spillway.core.stats.Table.Column;
import dev.spillway.core.stats.WaitFigures;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The SHOW commands of one client of the console: what there is to show, and who may see it. Confined to its lane. */
final class ShowCommands {
    /** Where a table comes from. */
    sealed interface Answer {
        /** Those of its table, without asking any lane. */
        default List<Column> columns() {
            return switch (this) {
                case Now now -> now.table().get().columns();
                case OfLanes<?> later -> later.ofNone().columns();
                case OneByOne later -> later.form().get().columns();
            };
        }
    }

    /** It is there at once. */
    record Now(Supplier<Table> table) implements Answer {}

    /** It is made of what is read on each lane, which has better things to do than to make it. */
    record OfLanes<T>(Function<ConsoleSession.Source, CompletableFuture<List<T>>> read, Function<List<T>, Table> table)
            implements Answer {
        Table ofNone() {
            return table.apply(List.of());
        }

        CompletableFuture<Table> gather(ConsoleSession.Source source) {
            return read.apply(source).thenApplyAsync(table, source.work());
        }
    }

    /** Its rows are made of connections while they are read. */
    record OneByOne(Supplier<SocketTables.Form> form) implements Answer {}

    private static <T> Answer ofLanes(Function<LaneView, T> read, Function<List<T>, Table> table) {
        return new OfLanes<>(source -> source.gather(read), table);
    }

    private static Answer ofFigures(Function<ProxyFigures, Table> table) {
        return ofLanes(ProxyFigures::withoutClients, parts -> table.apply(ProxyFigures.sum(parts)));
    }

    private static Answer ofClients(Function<ProxyFigures, Table> table) {
        return looking(ProxyFigures::withClients, parts -> table.apply(ProxyFigures.sum(parts)));
    }

    private static <T> Answer looking(Supplier<ClientReading.Look<T>> look, Function<List<T>, Table> table) {
        return new OfLanes<>(source -> source.look(look), table);
    }

    private static final Map<String, Function<ShowCommands, Answer>> BY_NAME = Map.ofEntries(
            entry("active_sockets", shows -> new OneByOne(SocketTables::activeSockets)),
            entry("capacity", shows -> ofFigures(all -> CapacityTable.of(shows.hosts.get(), all, shows.config.get()))),
            entry("clients", shows -> new OneByOne(SocketTables::clients)),
            entry("config", shows -> new Now(() -> ShowTables.config(shows.config.get()))),
            entry(
                    "databases",
                    shows -> ofClients(all -> ShowTables.databases(all, shows.config.get(), shows.orders.get()))),
            entry("dns_hosts", shows -> ofFigures(ShowTables::dnsHosts)),
            entry("dns_zones", shows -> new Now(ShowTables::dnsZones)),
            entry("errors", shows -> ofLanes(ErrorTable::of, ErrorTable::table)),
            entry("lanes", shows -> looking(LaneFigure::look, LaneFigure::table)),
            entry("latency", shows -> ofLanes(LatencyFigures::of, LatencyFigures::table)),
            entry("lists", shows -> ofClients(all -> ShowTables.lists(all, shows.config.get()))),
            entry("mem", shows -> new Now(ShowCommands::memory)),
            entry("peer_pools", shows -> new Now(ShowTables::peerPools)),
            entry("peers", shows -> new Now(ShowTables::peers)),
            entry("pins", shows -> ofFigures(PinFigures::table)),
            entry("prepared_statements", shows -> new Now(() -> shows.statements.apply(shows.isAdmin))),
            entry("pools", shows -> ofFigures(ShowTables::pools)),
            entry("servers", shows -> ofFigures(SocketTables::servers)),
            entry("sockets", shows -> new OneByOne(SocketTables::sockets)),
            entry("state", shows -> new Now(() -> ShowTables.state(shows.orders.get()))),
            entry("stuck", shows -> ofFigures(StuckFigures::table)),
            entry("stats", shows -> ofFigures(StatsTables::stats)),
            entry("stats_averages", shows -> ofFigures(StatsTables::averagesByDatabase)),
            entry("stats_totals", shows -> ofFigures(StatsTables::totalsByDatabase)),
            entry("totals", shows -> ofFigures(StatsTables::totals)),
            entry("users", shows -> ofClients(all -> ShowTables.users(all, shows.config.get()))),
            entry("version", shows -> new Now(() -> ShowTables.single("version", shows.version))),
            entry("waiting", shows -> looking(WaitFigures::look, WaitFigures::table)));

    /** What drivers ask of any server: some of it PgBouncer answers. The console has no other. */
    private static final Map<String, String> PARAMETERS = Map.ofEntries(
            entry("client_encoding", "UTF-8"),
            entry("datestyle", "ISO"),
            entry("default_transaction_isolation", "read committed"),
            entry("default_transaction_read_only", "off"),
            entry("in_hot_standby", "off"),
            entry("integer_datetimes", "on"),
            entry("max_identifier_length", "63"),
            entry("search_path", ""),
            entry("server_encoding", "UTF8"),
            entry("server_version_num", String.valueOf(ServerVersion.NUMBER)),
            entry("standard_conforming_strings", "on"),
            entry("timezone", "GMT"),
            entry("transaction_isolation", "read committed"),
            entry("transaction_read_only", "off"));

    private static final String USAGE = """

        \tSHOW HELP|CONFIG|DATABASES|POOLS|CLIENTS|SERVERS|USERS|VERSION
        \tSHOW PEERS|PEER_POOLS
        \tSHOW SOCKETS|ACTIVE_SOCKETS|LISTS|MEM|STATE
        \tSHOW DNS_HOSTS|DNS_ZONES
        \tSHOW CAPACITY|PINS|STUCK|PREPARED_STATEMENTS
        \tSHOW LANES|LATENCY|WAITING|ERRORS
        \tSHOW STATS|STATS_TOTALS|STATS_AVERAGES|TOTALS
        \tSET key = arg
        \tRELOAD
        \tPAUSE [<db>]
        \tRESUME [<db>]
        \tDISABLE <db>
        \tENABLE <db>
        \tRECONNECT [<db>]
        \tCLEANUP [<db>]
        \tKILL [<db>]
        \tKILL_CLIENT <client_id>
        \tTRACE <client_id> [<seconds>]
        \tCOPY (TRACE <client_id> [<seconds>]) TO STDOUT
        \tWAIT_CLOSE [<db>]
        \tSHUTDOWN
        \tSHUTDOWN WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS\
        """;

    private final Supplier<ProxyConfig> config;
    private final Supplier<Orders> orders;
    private final Function<Boolean, Table> statements;
    private final Supplier<List<HostFigures>> hosts;
    private final boolean isAdmin;
    private final String version;

    /**
     * {@code config} and {@code orders}: those in force; {@code statements}: those that are prepared, with their texts or without; {@code hosts}: what each PostgreSQL has; {@code version} is what SHOW VERSION
     * says.
     */
    ShowCommands(
            Supplier<ProxyConfig> config,
            Supplier<Orders> orders,
            Function<Boolean, Table> statements,
            Supplier<List<HostFigures>> hosts,
            boolean isAdmin,
            String version) {
        this.statements = statements;
        this.hosts = hosts;
        this.config = config;
        this.orders = orders;
        this.isAdmin = isAdmin;
        this.version = version;
    }

    /** What SHOW {@code argument} asks for; null: there is no such thing. */
    @Nullable
    Request find(String argument) {
        String name = argument.toLowerCase(Locale.ROOT);
        String parameter = name.equals("server_version") ? ServerVersion.text(version) : PARAMETERS.get(name);
        if (parameter != null) {
            return new Request.Showing(new Now(() -> ShowTables.single(name, parameter)));
        }
        Function<ShowCommands, Answer> show = BY_NAME.get(name);
        return switch (name) {
            case "fds" -> fds();
            case "help" -> new Request.Telling(ShowCommands::help);
            default -> show == null ? null : new Request.Showing(show.apply(this));
        };
    }

    /** All that there is to show, in a sentence. */
    static String names() {
        return BY_NAME.keySet().stream()
                .map(name -> "SHOW " + name.toUpperCase(Locale.ROOT))
                .sorted()
                .collect(Collectors.joining(", "));
    }

    /** In PgBouncer the way by which a new process takes the sockets of the old over, with the passwords of their users. */
    private Request fds() {
        ProxyError why = isAdmin ? ProxyError.CONSOLE_HANDS_NO_SOCKETS_OVER : ProxyError.ADMIN_NEEDED;
        return new Request.Refusal(why.fields());
    }

    private static Table memory() {
        PooledByteBufAllocator buffers = PooledByteBufAllocator.DEFAULT;
        return MemoryTable.now(buffers.pinnedDirectMemory(), buffers.metric().usedDirectMemory());
    }

    private static void help(ByteBuf out) {
        ErrorFields.of("NOTICE", Sqlstate.SUCCESSFUL_COMPLETION, "Console usage")
                .with('D', USAGE)
                .writeNotice(out);
        BackendMessages.commandComplete(out, "SHOW");
    }
}
