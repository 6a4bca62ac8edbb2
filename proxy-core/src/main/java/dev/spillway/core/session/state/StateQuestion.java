package dev.spillway.core.session.state;

import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;

/**
 * The question to a server what a client has made of its settings, and the rows of the answer.
 *
 * <p>Nothing that the session has set can change the answer: the question has a transaction of its own, names and values
 * travel as hexadecimal digits of UTF-8, and everything is schema-qualified, operators too. Asked about all settings, it is
 * asked as the user who logged in, with time limits of ours. What those are put into the place of is read before.
 *
 * <p>Of settings that only a superuser may make it tells whether the user who logged in could make them again.
 *
 * <p>It can also be asked whether there is anything of the kinds that cannot move, and which channels are listened to.
 *
 * <p>PostgreSQL lists what a session has set in pg_settings, but neither role and session authorization nor custom settings
 * ({@code app.tenant}); those are asked for by name.
 */
public final class StateQuestion {
    private static final String EQUAL = " OPERATOR(pg_catalog.=) ";
    private static final String UNEQUAL = " OPERATOR(pg_catalog.<>) ";
    private static final String NONE = "none";

    /** What SET LOCAL has put others in the place of when the list is made, or what is not in the list. */
    private static final String APART = "('statement_timeout'),('lock_timeout'),('role'),('session_authorization')";

    /** A session with more is refused: each client's is kept. */
    private static final int MAX_CHARACTERS = 1 << 18;

    private static final char NOW = 'n';
    private static final char DEFAULT = 'd';
    private static final char LISTED = 's';
    private static final char CUSTOM = 'c';
    private static final char FORBIDDEN = 'f';
    private static final char FORBIDDEN_TO_COME = 'g';
    private static final char KIND = 'k';
    private static final char CHANNEL = 'l';

    /** Back to the user who logged in, until the question ends. */
    private static final String AS_WHO_LOGGED_IN = "SET LOCAL SESSION AUTHORIZATION DEFAULT;SET LOCAL ROLE NONE;";

    /** The first release that lets others than superusers make a superuser's settings. */
    private static final int RIGHTS_RELEASE = 15;

    private final boolean isWhole;
    private final int release;
    private final Set<String> names;
    private final int kinds;
    private final boolean asksChannels;
    private final Set<String> channels = new TreeSet<>();
    private int found;
    private final Map<String, String> now = new HashMap<>();
    private final Map<String, String> defaults = new HashMap<>();
    private final Map<String, String> listed = new LinkedHashMap<>();
    private final Map<String, String> custom = new LinkedHashMap<>();
    private final Set<String> forbidden = new HashSet<>(0);
    private int characters;

    private StateQuestion(boolean isWhole, int release, Set<String> names, int kinds) {
        this.isWhole = isWhole;
        this.release = release;
        this.names = names;
        this.kinds = kinds & StateKind.IMMOVABLE;
        this.asksChannels = (kinds & StateKind.CHANNELS.bit) != 0;
    }

    /** To a server of that release of PostgreSQL, about the settings of these names, in lower case, and the immovable and channels of these kinds. */
    public static StateQuestion named(int release, Set<String> names, int kinds) {
        return new StateQuestion(false, release, new TreeSet<>(names), kinds);
    }

    /** To a server of that release, about all settings, custom ones by these names, and the immovable and channels of these kinds. */
    public static StateQuestion whole(int release, Set<String> customNames, int kinds) {
        return new StateQuestion(true, release, new TreeSet<>(customNames), kinds);
    }

    /** Is it about all settings? */
    public boolean isWhole() {
        return isWhole;
    }

    /** One query string. */
    public String sql() {
        String existing = StateKind.existing(kinds);
        return Snapshot.BEGIN
                + (isWhole ? wholeSql() : "")
                + (names.isEmpty() ? "" : select(CUSTOM, custom()))
                + (!isWhole && asksRights() ? forbiddenSql() : "")
                + (existing.isEmpty() ? "" : select(KIND, existing))
                + (asksChannels
                        ? select(CHANNEL, "SELECT channel,'' FROM pg_catalog.pg_listening_channels() AS channel")
                        : "")
                + "COMMIT";
    }

    private String wholeSql() {
        return select(NOW, "SELECT name,pg_catalog.current_setting(name) FROM (VALUES " + APART + ") AS apart(name)")
                + AS_WHO_LOGGED_IN
                + "SET LOCAL statement_timeout TO DEFAULT;SET LOCAL lock_timeout TO DEFAULT;"
                + select(
                        DEFAULT,
                        "SELECT name,pg_catalog.current_setting(name) FROM (VALUES " + APART + ") AS apart(name)")
                + "SET LOCAL statement_timeout=10000;SET LOCAL lock_timeout=10000;"
                + select(
                        "CASE WHEN " + isForbidden() + " THEN '" + FORBIDDEN + "' ELSE '" + LISTED + "' END",
                        "SELECT name,setting,context FROM pg_catalog.pg_settings WHERE source" + EQUAL
                                + "'session' AND name" + UNEQUAL
                                + "ALL(ARRAY['statement_timeout','lock_timeout','transaction_isolation',"
                                + "'transaction_read_only','transaction_deferrable'])",
                        ",context");
    }

    /** What is forbidden and in force; and of these names what would be, if it is not. */
    private String forbiddenSql() {
        StringJoiner asked = new StringJoiner(",", "ANY(ARRAY[", "]::pg_catalog.text[])");
        names.forEach(name -> asked.add(Snapshot.text(name)));
        return AS_WHO_LOGGED_IN
                + select(
                        "CASE WHEN made.source" + EQUAL + "'session' THEN '" + FORBIDDEN + "' ELSE '"
                                + FORBIDDEN_TO_COME + "' END",
                        "SELECT name,'',source FROM pg_catalog.pg_settings AS made WHERE (source" + EQUAL
                                + "'session' OR pg_catalog.lower(name)" + EQUAL + asked + ") AND "
                                + isForbidden(),
                        ",source");
    }

    /** Of a row of pg_settings named made. */
    private String isForbidden() {
        return "made.context" + EQUAL + "'superuser' AND "
                + (release < RIGHTS_RELEASE
                        ? "pg_catalog.current_setting('is_superuser')" + EQUAL + "'off'"
                        : "NOT pg_catalog.has_parameter_privilege(made.name,'SET')");
    }

    private boolean asksRights() {
        return (kinds & StateKind.FORBIDDEN_SETTINGS.bit) != 0;
    }

    private String custom() {
        StringJoiner rows = new StringJoiner("),(", "(VALUES (", "))");
        names.forEach(name -> rows.add(Snapshot.text(name)));
        return "SELECT name,pg_catalog.current_setting(name,true) FROM " + rows + " AS custom(name)";
    }

    private static String select(char kind, String rows) {
        return select("'" + kind + "'", rows, "");
    }

    /** {@code kind}: an expression, of the {@code further} columns of {@code rows} too. */
    private static String select(String kind, String rows, String further) {
        return "SELECT " + kind + "," + hex("made.name") + "," + hex("made.value") + " FROM (" + rows
                + ") AS made(name,value" + further + ") WHERE made.value IS NOT NULL;";
    }

    private static String hex(String column) {
        return "pg_catalog.encode(pg_catalog.convert_to(" + column + ",'UTF8'),'hex')";
    }

    /**
     * Reads a DataRow of the answer; borrows {@code body}.
     *
     * @throws ProtocolViolation if it is none
     */
    public void read(MessageCursor body) {
        if (body.readShort() != 3) {
            throw new ProtocolViolation("the question for the session's state has three columns");
        }
        byte[] kind = body.readBytes(body.readInt());
        String name = HexColumn.read(body, "state");
        String value = HexColumn.read(body, "state");
        characters += name.length() + value.length();
        switch (kind[0]) {
            case NOW -> now.put(name, value);
            case DEFAULT -> defaults.put(name, value);
            case LISTED -> listed.put(name.toLowerCase(Locale.ROOT), value);
            case FORBIDDEN -> {
                found |= StateKind.FORBIDDEN_SETTINGS.bit;
                forbidden.add(name.toLowerCase(Locale.ROOT));
                listed.put(name.toLowerCase(Locale.ROOT), value);
            }
            case FORBIDDEN_TO_COME -> forbidden.add(name.toLowerCase(Locale.ROOT));
            case KIND -> found |= kindBit(name);
            case CHANNEL -> channels.add(name);
            default -> custom.put(name, value);
        }
    }

    private static int kindBit(String name) {
        try {
            return StateKind.valueOf(name).bit;
        } catch (IllegalArgumentException e) {
            throw new ProtocolViolation("the answer to the question for the session's state has an unknown kind");
        }
    }

    /** The {@linkplain StateKind#bit bits} of the immovable kinds that there is something of. */
    public int immovable() {
        return found;
    }

    /** Of the names that it was asked about, those of settings that the user could make again; none where it was not asked about that. */
    public Set<String> restorable() {
        Set<String> restorable = new HashSet<>(isWhole || !asksRights() ? Set.of() : names);
        restorable.removeAll(forbidden);
        return restorable;
    }

    /** Is it more than is kept for one client? */
    public boolean isTooLarge() {
        return characters > MAX_CHARACTERS;
    }

    /**
     * What the client's session has become.
     *
     * @param startup what it began with, and goes back to by RESET
     * @param before what was put into force when it got the server
     * @param base what lies under every client's settings
     */
    public Snapshot answer(Snapshot startup, Snapshot before, Snapshot base) {
        Snapshot settings = isWhole ? whole(startup, before, base) : before.with(changes(before));
        return settings.listening(asksChannels ? channels : before.channels());
    }

    private Map<String, Optional<String>> changes(Snapshot before) {
        Map<String, Optional<String>> changes = new HashMap<>();
        for (String name : names) {
            String value = custom.get(name);
            boolean isMade = value != null && !(name.equals(Snapshot.ROLE) && value.equals(NONE));
            changes.put(
                    name,
                    value == null || !isMade || isEmptyCustom(name, value, before)
                            ? Optional.empty()
                            : Optional.of(value));
        }
        return changes;
    }

    /** A custom setting that was reset, or that another client has once made on this server, is empty. */
    private static boolean isEmptyCustom(String name, String value, Snapshot before) {
        return value.isEmpty() && name.indexOf('.') >= 0 && !before.settings().containsKey(name);
    }

    private Snapshot whole(Snapshot startup, Snapshot before, Snapshot base) {
        Map<String, Optional<String>> found = new HashMap<>();
        listed.forEach((name, value) -> put(found, name, value, base));
        custom.forEach((name, value) -> {
            boolean isReset = value.isEmpty() && (startup.has(name) || base.has(name));
            if (!isReset && !isEmptyCustom(name, value, before)) {
                put(found, name, value, base);
            }
        });
        now.forEach((name, value) -> {
            if (!value.equals(defaults.get(name)) && !(name.equals(Snapshot.ROLE) && value.equals(NONE))) {
                put(found, name, value, base);
            }
        });
        return startup.with(found);
    }

    private static void put(Map<String, Optional<String>> found, String name, String value, Snapshot base) {
        if (!value.equals(base.settings().get(name))) {
            found.put(name, Optional.of(value));
        }
    }
}
