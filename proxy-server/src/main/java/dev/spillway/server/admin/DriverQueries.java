package dev.spillway.server.admin;

import static java.util.Map.entry;

import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.stats.ProxyFigures;
import dev.spillway.core.stats.Table;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What drivers, pools and tools say to any server of their own accord, and which is no command of the console: they would not work
 * with it otherwise. Stateless.
 *
 * <p>A transaction is one of nothing. What would end state of the session has no state to end.
 */
final class DriverQueries {
    private static final int LONGEST = 300;

    private static final Pattern COMMENT = Pattern.compile("--[^\\n]*|/\\*.*?\\*/", Pattern.DOTALL);
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final String MODES =
            "(?:,? (?:isolation level (?:serializable|repeatable read|read committed|read uncommitted)"
                    + "|read only|read write|(?:not )?deferrable))*";
    private static final Pattern BEGIN = Pattern.compile("(?:begin(?: work| transaction)?|start transaction)" + MODES);
    private static final Pattern COMMIT = Pattern.compile("(?:commit|end)(?: work| transaction)?");
    private static final Pattern ROLLBACK = Pattern.compile("(?:rollback|abort)(?: work| transaction)?");
    private static final Pattern CHARACTERISTICS =
            Pattern.compile("set (?:session characteristics as |local )?transaction" + MODES);

    /** By their text, and the tag that answers them. */
    private static final Map<String, String> ENDINGS = Map.of(
            "close all", "CLOSE CURSOR ALL",
            "deallocate all", "DEALLOCATE ALL",
            "discard all", "DISCARD ALL",
            "reset all", "RESET",
            "unlisten *", "UNLISTEN",
            "select pg_advisory_unlock_all()", "SELECT 1");

    private static final Set<String> IS_IN_RECOVERY =
            Set.of("select pg_is_in_recovery()", "select pg_catalog.pg_is_in_recovery()");

    private static final Map<String, Request> QUESTIONS = Map.ofEntries(
            entry("select 1", Request.cell("?column?", Table.Type.INT4, "1")),
            entry("select current_database()", Request.cell("current_database", Table.Type.TEXT, ProxyFigures.CONSOLE)),
            entry("select current_schema()", Request.cell("current_schema", Table.Type.TEXT, null)),
            entry(
                    "show transaction isolation level",
                    Request.cell("transaction_isolation", Table.Type.TEXT, "read committed")),
            entry("select current_setting('server_version_num')", versionNumber("current_setting", Table.Type.TEXT, 1)),
            entry("select current_setting('server_version_num')::int", versionNumber("int4", Table.Type.INT4, 1)),
            entry(
                    "select current_setting('server_version_num')::int/100",
                    versionNumber("?column?", Table.Type.INT4, 100)),
            entry(
                    "select current_setting('server_version_num')::int/100 as version",
                    versionNumber("version", Table.Type.INT4, 100)));

    private DriverQueries() {}

    private static Request versionNumber(String column, Table.Type type, int part) {
        return Request.cell(column, type, String.valueOf(ServerVersion.NUMBER / part));
    }

    /** Null if it is none of them. {@code version} is the console's own. */
    static @Nullable Request find(String sql, String version) {
        if (sql.length() > LONGEST) {
            return null;
        }
        String text = plain(sql);
        if (text.isEmpty()) {
            return new Request.Nothing();
        }
        if (BEGIN.matcher(text).matches()) {
            return new Request.Block(text.startsWith("begin") ? "BEGIN" : "START TRANSACTION", true);
        }
        if (COMMIT.matcher(text).matches()) {
            return new Request.Block("COMMIT", false);
        }
        if (ROLLBACK.matcher(text).matches()) {
            return new Request.Block("ROLLBACK", false);
        }
        if (CHARACTERISTICS.matcher(text).matches()) {
            return telling("SET");
        }
        if (IS_IN_RECOVERY.contains(text)) {
            return Request.cell("pg_is_in_recovery", Table.Type.BOOL, "f");
        }
        if (text.equals("select version()") || text.equals("select pg_catalog.version()")) {
            return Request.cell("version", Table.Type.TEXT, ServerVersion.sentence(version));
        }
        Request answer = QUESTIONS.get(text);
        return answer == null ? ending(text) : answer;
    }

    /** In lower case, blanks made one, without comments and the semicolon behind it. */
    private static String plain(String sql) {
        String text = BLANKS.matcher(COMMENT.matcher(sql).replaceAll(" ")).replaceAll(" ");
        String whole = text.strip().toLowerCase(Locale.ROOT);
        return whole.endsWith(";") ? whole.substring(0, whole.length() - 1).strip() : whole;
    }

    /** How pools of drivers make a connection fit for its next user; they send several of these in one text. */
    private static @Nullable Request ending(String text) {
        List<String> parts =
                Arrays.stream(text.split(";", -1)).map(String::strip).toList();
        String tag = ENDINGS.get(parts.getLast());
        return tag != null && ENDINGS.keySet().containsAll(parts) ? telling(tag) : null;
    }

    private static Request telling(String tag) {
        return new Request.Telling(out -> BackendMessages.commandComplete(out, tag));
    }
}
