package dev.spillway.core.session.state;

import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The question to a server which settings its session has made, and the rows of the answer: the base that lies under the
 * settings of every client.
 *
 * <p>PostgreSQL lists what a session has set in pg_settings, but neither the role nor custom settings ({@code app.tenant}):
 * those are asked for by name, and the names are whatever has a dot in the text that may have set them. A name that is no
 * setting has no value, and a value that is not the session's own does no harm in the base.
 *
 * <p>Names and values travel as hexadecimal digits of UTF-8, and everything is schema-qualified, operators too: nothing that
 * the session has set can change the answer.
 */
public final class BaseQuestion {
    private static final String SESSION_AUTHORIZATION = "session_authorization";
    private static final String EQUAL = " OPERATOR(pg_catalog.=) ";
    private static final String UNEQUAL = " OPERATOR(pg_catalog.<>) ";

    /** PostgreSQL 18 has some 400 settings. */
    private static final int MAX_COUNT = 1000;

    private final String statements;
    private final Map<String, String> found = new LinkedHashMap<>();

    /** {@code statements}: what has run on the server. */
    public BaseQuestion(String statements) {
        this.statements = statements;
    }

    /** One query string. */
    public String sql() {
        Set<String> customNames = DottedNames.in(statements, MAX_COUNT);
        StringBuilder sql = new StringBuilder(1024)
                .append(Snapshot.BEGIN)
                .append("SELECT ")
                .append(hex("made.name"))
                .append(',')
                .append(hex("made.value"))
                // Those of the transaction are set by our own BEGIN.
                .append(" FROM (SELECT name,setting FROM pg_catalog.pg_settings WHERE source" + EQUAL
                        + "'session' AND name" + UNEQUAL
                        + "ALL(ARRAY['transaction_isolation','transaction_read_only','transaction_deferrable'])")
                .append(" UNION ALL SELECT '" + Snapshot.ROLE + "',pg_catalog.current_setting('" + Snapshot.ROLE
                        + "') WHERE pg_catalog.current_setting('" + Snapshot.ROLE + "')" + UNEQUAL + "'none'")
                .append(" UNION ALL SELECT '" + SESSION_AUTHORIZATION
                        + "',session_user FROM pg_catalog.pg_stat_activity WHERE pid" + EQUAL
                        + "pg_catalog.pg_backend_pid() AND usename" + UNEQUAL + "session_user");
        if (!customNames.isEmpty()) {
            StringJoiner names = new StringJoiner("),(", " FROM (VALUES (", ")) AS custom(name)");
            customNames.forEach(name -> names.add(Snapshot.text(name)));
            sql.append(" UNION ALL SELECT custom.name,pg_catalog.current_setting(custom.name,true)")
                    .append(names);
        }
        return sql.append(") AS made(name,value) WHERE made.value IS NOT NULL;COMMIT")
                .toString();
    }

    private static String hex(String column) {
        return "pg_catalog.encode(pg_catalog.convert_to(" + column + ",'UTF8'),'hex')";
    }

    /**
     * Reads a DataRow of the answer; borrows {@code body}.
     *
     * @throws ProtocolViolation if it is none, or one of more than any session makes
     */
    public void read(MessageCursor body) {
        if (body.readShort() != 2) {
            throw new ProtocolViolation("the question for the session's settings has two columns");
        }
        String name = HexColumn.read(body, "settings");
        found.put(name, HexColumn.read(body, "settings"));
        if (found.size() > MAX_COUNT) {
            throw new ProtocolViolation("more than " + MAX_COUNT + " settings are made by connect_query");
        }
    }

    /** What the session has made of itself that cannot be put back into force for each client; null: nothing. */
    public @Nullable String problem() {
        String user = found.get(SESSION_AUTHORIZATION);
        return user == null ? null : "SET SESSION AUTHORIZATION cannot be kept for all clients: SET ROLE can";
    }

    /** The settings that the session has made. */
    public Snapshot base() {
        return Snapshot.of(found);
    }
}
