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
import dev.spillway.core.stats.MemoryTable;
import dev.spillway.core.stats.PinFigures;
import dev.spillway.core.stats.ProxyFigures;
import dev.spillway.core.stats.ShowTables;
import dev.spillway.core.stats.SocketTables;
import dev.spillway.core.stats.StatsTables;
import dev.spillway.core.stats.Table;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The SHOW commands of one client of the console: what there is to show, and who may see it. Confined to its lane. */
final class ShowCommands {
    /** How a command is answered. */
    sealed interface Answer {}

    /** At once, by messages up to CommandComplete. */
    record Now(Consumer<ByteBuf> writer) implements Answer {}

    /** With a table, when the figures of all lanes are there. */
    record OfFigures(Function<ProxyFigures, Table> table) implements Answer {}

    private static final Map<String, Function<ShowCommands, Answer>> BY_NAME = Map.ofEntries(
            entry("active_sockets", shows -> new OfFigures(SocketTables::activeSockets)),
            entry(
                    "capacity",
                    shows -> new OfFigures(all -> CapacityTable.of(shows.hosts.get(), all, shows.config.get()))),
            entry("clients", shows -> new OfFigures(SocketTables::clients)),
            entry("config", shows -> now(ShowTables.config(shows.config.get()))),
            entry(
                    "databases",
                    shows -> new OfFigures(all -> ShowTables.databases(all, shows.config.get(), shows.orders.get()))),
            entry("dns_hosts", shows -> new OfFigures(ShowTables::dnsHosts)),
            entry("dns_zones", shows -> now(ShowTables.dnsZones())),
            entry("fds", shows -> shows.fds()),
            entry("help", shows -> new Now(ShowCommands::help)),
            entry("lists", shows -> new OfFigures(all -> ShowTables.lists(all, shows.config.get()))),
            entry("mem", shows -> now(memory())),
            entry("peer_pools", shows -> now(ShowTables.peerPools())),
            entry("peers", shows -> now(ShowTables.peers())),
            entry("pins", shows -> new OfFigures(PinFigures::table)),
            entry("prepared_statements", shows -> now(shows.statements.apply(shows.isAdmin))),
            entry("pools", shows -> new OfFigures(ShowTables::pools)),
            entry("servers", shows -> new OfFigures(SocketTables::servers)),
            entry("sockets", shows -> new OfFigures(SocketTables::sockets)),
            entry("state", shows -> now(ShowTables.state(shows.orders.get()))),
            entry("stats", shows -> new OfFigures(StatsTables::stats)),
            entry("stats_averages", shows -> new OfFigures(StatsTables::averagesByDatabase)),
            entry("stats_totals", shows -> new OfFigures(StatsTables::totalsByDatabase)),
            entry("totals", shows -> new OfFigures(StatsTables::totals)),
            entry("users", shows -> new OfFigures(all -> ShowTables.users(all, shows.config.get()))),
            entry("version", shows -> now(ShowTables.single("version", shows.version))));

    /** What drivers ask of any server, and PgBouncer answers: the console has no other. */
    private static final Map<String, String> PARAMETERS = Map.of(
            "client_encoding", "UTF-8",
            "datestyle", "ISO",
            "default_transaction_isolation", "read committed",
            "standard_conforming_strings", "on",
            "timezone", "GMT");

    private static final String USAGE = """

        \tSHOW HELP|CONFIG|DATABASES|POOLS|CLIENTS|SERVERS|USERS|VERSION
        \tSHOW PEERS|PEER_POOLS
        \tSHOW SOCKETS|ACTIVE_SOCKETS|LISTS|MEM|STATE
        \tSHOW DNS_HOSTS|DNS_ZONES
        \tSHOW CAPACITY|PINS|PREPARED_STATEMENTS
        \tSHOW STATS|STATS_TOTALS|STATS_AVERAGES|TOTALS
        \tSET key = arg
        \tRELOAD
        \tPAUSE [<db>]
        \tRESUME [<db>]
        \tDISABLE <db>
        \tENABLE <db>
        \tRECONNECT [<db>]
        \tKILL [<db>]
        \tKILL_CLIENT <client_id>
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

    /** The answer to SHOW {@code argument}, which was written as {@code sql}. */
    Answer find(String argument, String sql) {
        String name = argument.toLowerCase(Locale.ROOT);
        String parameter = PARAMETERS.get(name);
        if (parameter != null) {
            return now(ShowTables.single(name, parameter));
        }
        Function<ShowCommands, Answer> show = BY_NAME.get(name);
        return show == null ? refused(ProxyError.CONSOLE_COMMAND_UNKNOWN.fields(sql)) : show.apply(this);
    }

    /** In PgBouncer the way by which a new process takes the sockets of the old over, with the passwords of their users. */
    private Answer fds() {
        ProxyError why = isAdmin ? ProxyError.CONSOLE_HANDS_NO_SOCKETS_OVER : ProxyError.ADMIN_NEEDED;
        return refused(why.fields());
    }

    private static Answer refused(ErrorFields error) {
        return new Now(error::writeError);
    }

    private static Answer now(Table table) {
        return new Now(out -> write(out, table));
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

    /** Borrows {@code out}. */
    static void write(ByteBuf out, Table table) {
        BackendMessages.rowDescription(
                out,
                table.columns().stream().map(Table.Column::name).toList(),
                table.columns().stream().map(column -> column.type().oid()).toList());
        for (List<@Nullable String> row : table.rows()) {
            BackendMessages.dataRow(out, row);
        }
        BackendMessages.commandComplete(out, "SHOW");
    }
}
