package dev.spillway.server.admin;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.server.admin.ConsoleSession.Source;
import java.util.regex.Pattern;

/** What each text means to one client of the console. Confined to its lane. */
final class CommandBook {
    private static final Pattern PARAMETER = Pattern.compile("\\$[1-9]");

    private final ShowCommands shows;
    private final ActingCommands acting;
    private final Operations operations;
    private final boolean isAdmin;
    private final String version;

    /** {@code isAdmin}: may it change anything? {@code version} is what SHOW VERSION says. */
    CommandBook(Source source, boolean isAdmin, String version) {
        this.shows =
                new ShowCommands(source::config, source::orders, source::statements, source::hosts, isAdmin, version);
        this.operations = source.operations();
        this.acting = new ActingCommands(operations, isAdmin);
        this.isAdmin = isAdmin;
        this.version = version;
    }

    /** Never fails, and does nothing yet. */
    Request find(String sql) {
        Request drivers = DriverQueries.find(sql, version);
        if (drivers != null) {
            return drivers;
        }
        return switch (ConsoleCommand.parse(sql)) {
            case ConsoleCommand.Nothing() -> new Request.Nothing();
            case ConsoleCommand.Invalid(ErrorFields error) -> new Request.Refusal(withReason(error, sql));
            case ConsoleCommand.Assignment(String setting, String value) ->
                new Request.Acting(() -> acting.set(setting, value));
            case ConsoleCommand.Trace trace -> TraceCommand.request(trace, operations, isAdmin, false);
            case ConsoleCommand.Copy(ConsoleCommand.Trace trace) ->
                TraceCommand.request(trace, operations, isAdmin, true);
            case ConsoleCommand.Words words
            when words.name().equals("show") || words.name().equals("select") -> {
                Request shown = shows.find(words.argument());
                yield shown == null ? unknown(sql, "There are " + ShowCommands.names() + ".") : shown;
            }
            case ConsoleCommand.Words words -> {
                Request.Deed deed = acting.find(words);
                yield deed == null ? unknown(sql, "SHOW HELP lists all commands.") : new Request.Acting(deed);
            }
        };
    }

    private static ErrorFields withReason(ErrorFields error, String sql) {
        return PARAMETER.matcher(sql).find() ? ProxyError.CONSOLE_HAS_NO_PARAMETERS.fields() : error;
    }

    private static Request unknown(String sql, String hint) {
        return new Request.Refusal(ConsoleCommand.unknown(sql).error().with('H', hint));
    }
}
