package dev.spillway.core.session.state;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What must be in force while a client's statements run: the parameters it started its session with and what it has set
 * since, its role and session authorization included, and the channels it listens to, so that it can end that. Also the
 * settings that a server has from its connect_query, which lie under every client's.
 *
 * <p>Immutable, compared by content.
 */
public final class Snapshot {
    /** Of a kind of our own, so that the session's defaults (read only, serializable, deferrable) cannot stop it. */
    static final String BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY NOT DEFERRABLE;";

    /**
     * At a third of the cost, for utility statements alone: they take no snapshot, which is what those defaults are about
     * ({@code analyze_requires_snapshot()} in {@code src/backend/parser/analyze.c}).
     */
    private static final String BEGIN_UTILITY = "BEGIN;";

    /** Neither in pg_settings nor taken back by RESET ALL. */
    static final String ROLE = "role";

    static final String SESSION_AUTHORIZATION = "session_authorization";

    /**
     * Names have no case. Session authorization and role come last, in this order: they may not be allowed to make the other
     * settings, and the first takes the second away.
     */
    private static final Comparator<String> ORDER =
            Comparator.comparingInt(Snapshot::rank).thenComparing(String.CASE_INSENSITIVE_ORDER);

    /** Less than a second, but not 0, which is none. */
    private static final Pattern SHORT_TIME =
            Pattern.compile("\\s*0*([1-9]\\d{0,2}|[.].*|0[.].*|\\d+us)\\s*(ms|us)?\\s*");

    /** Of so many nobody knows without asking how large they are. */
    private static final int MAX_MADE = 100;

    private static final HexFormat HEX = HexFormat.of();

    /** Of a client that asked for nothing, and of a server without a connect_query. */
    public static final Snapshot NEUTRAL = new Snapshot(Map.of(), Set.of());

    /** A longer text is made anew each time. */
    private static final int MAX_KEPT_TEXT = 1024;

    /** Of which SET can be sent: a quoted identifier is cut off after 63 bytes. */
    private static final Pattern SETTABLE =
            Pattern.compile("[A-Za-z_][A-Za-z0-9_$]{0,62}+(?:\\.[A-Za-z_][A-Za-z0-9_$]{0,62}+)*+");

    /** SET takes one literal for one element of these. Source: {@code variable_is_guc_list_quote()} in {@code src/bin/pg_dump/dumputils.c}. */
    private static final Set<String> LISTS = Set.of(
            "local_preload_libraries",
            "search_path",
            "session_preload_libraries",
            "shared_preload_libraries",
            "temp_tablespaces",
            "unix_socket_directories");

    /** Statements that ran without one of these would be another's or read other data; so with any custom setting. */
    private static final Set<String> VITAL = Set.of(ROLE, SESSION_AUTHORIZATION, "row_security", "search_path");

    private final Map<String, String> settings;
    private final Set<String> channels;
    private final int hash;
    private final boolean mayStay;
    /** Null: not made yet, or too long to keep. Whichever lane has made it, it is the same. */
    private @Nullable String restoreSql;

    private static int rank(String name) {
        return name.equalsIgnoreCase(ROLE) ? 2 : name.equalsIgnoreCase(SESSION_AUTHORIZATION) ? 1 : 0;
    }

    private Snapshot(Map<String, String> settings, Set<String> channels) {
        this.settings = settings;
        this.channels = channels;
        this.hash = settings.hashCode() + channels.hashCode();
        this.mayStay = channels.isEmpty()
                && settings.entrySet().stream().noneMatch(setting -> endsOthers(setting.getKey(), setting.getValue()));
    }

    /** PostgreSQL ends an idle session by the first; what is put into force for the next client has to fit into the others. */
    private static boolean endsOthers(String name, String value) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "idle_session_timeout", "transaction_timeout" -> true;
            case "statement_timeout" -> SHORT_TIME.matcher(value).matches();
            default -> false;
        };
    }

    /** May it stay in force on a server that waits for its next client? One that listens would get what nobody reads. */
    public boolean mayStay() {
        return mayStay;
    }

    /** Of these parameters; their order does not matter. */
    public static Snapshot of(Map<String, String> settings) {
        if (settings.isEmpty()) {
            return NEUTRAL;
        }
        Map<String, String> ordered = new TreeMap<>(ORDER);
        ordered.putAll(settings);
        return new Snapshot(Collections.unmodifiableMap(ordered), Set.of());
    }

    /** These settings, and exactly these channels. */
    public Snapshot listening(Set<String> toChannels) {
        if (toChannels.equals(channels)) {
            return this;
        }
        return settings.isEmpty() && toChannels.isEmpty()
                ? NEUTRAL
                : new Snapshot(settings, Collections.unmodifiableSet(new TreeSet<>(toChannels)));
    }

    /** The channels that the client listens to. */
    public Set<String> channels() {
        return channels;
    }

    /** These settings and those of {@code base} that they do not override. */
    public Snapshot over(Snapshot base) {
        if (base.settings.isEmpty()) {
            return this;
        }
        Map<String, String> both = new TreeMap<>(ORDER);
        both.putAll(base.settings);
        both.putAll(settings);
        return of(both).listening(channels);
    }

    /** These settings with those {@code changes}, whose names are in lower case; empty: it has none of that name any more. */
    public Snapshot with(Map<String, Optional<String>> changes) {
        Map<String, String> changed = new TreeMap<>(ORDER);
        changed.putAll(settings);
        changes.forEach((name, value) -> {
            changed.remove(name); // it may be written in another case
            value.ifPresent(present -> changed.put(name, present));
        });
        return of(changed).listening(channels);
    }

    /** These settings and that one; null where that may be more than is kept for a client. */
    public @Nullable Snapshot withMade(CertainSet made) {
        if (made.value().equals(settings.get(made.name()))) {
            return this;
        }
        return settings.size() < MAX_MADE ? with(Map.of(made.name(), Optional.of(made.value()))) : null;
    }

    /** Is there a setting of that name, in whatever case? */
    public boolean has(String name) {
        return settings.containsKey(name);
    }

    /** Must nothing of a client's run without its setting of that name, whatever the client is told? */
    public static boolean isVital(String name) {
        return name.indexOf('.') >= 0 || VITAL.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Is there a setting that a client could be told to do without? */
    public boolean hasOther() {
        return settings.keySet().stream().anyMatch(name -> !isVital(name));
    }

    /** The name of the setting that {@link #restoreApartSql} makes as that one, counted from 0; null: there is none. */
    public @Nullable String nameAt(int position) {
        return position < 0
                ? null
                : settings.keySet().stream().skip(position).findFirst().orElse(null);
    }

    /** The names of custom settings, in lower case. */
    public Set<String> customNames() {
        Set<String> names = new TreeSet<>();
        settings.keySet().stream()
                .filter(name -> name.indexOf('.') >= 0)
                .forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
        return names;
    }

    public Map<String, String> settings() {
        return settings;
    }

    /**
     * One query string that takes whatever settings the server's session has back and puts these into force, or, if one of
     * them cannot be, leaves a failed transaction behind in which nothing of the client's can run.
     *
     * <p>Names and values travel as literals where these are the same in every session, else as hexadecimal digits: no quoting, no
     * client_encoding and no standard_conforming_strings can change them. Functions are schema-qualified, so that no search_path can.
     * A SET costs PostgreSQL a fraction of a SELECT, which is left for what SET would read otherwise.
     */
    public String restoreSql() {
        return restoreSql(0);
    }

    /**
     * The same, which also ends whatever else of these kinds there is, given by the sum of their {@linkplain StateKind#bit bits}.
     * That comes behind the reset of all settings, which could be in its way.
     */
    public String restoreSql(int endedKinds) {
        String kept = endedKinds == 0 ? restoreSql : null;
        String sql = kept == null ? makeRestoreSql(endedKinds) : kept;
        if (endedKinds == 0 && sql.length() <= MAX_KEPT_TEXT) {
            restoreSql = sql;
        }
        return sql;
    }

    private String makeRestoreSql(int endedKinds) {
        StringBuilder sets = new StringBuilder();
        StringJoiner calls = new StringJoiner(",", "SELECT ", ";").setEmptyValue("");
        StringBuilder identity = new StringBuilder();
        boolean isUtility = StateKind.ends(endedKinds & ~StateKind.CHANNELS.bit).isEmpty();
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            String name = setting.getKey();
            String value = setting.getValue();
            if (isSettable(name, value)) {
                (rank(name) == 0 ? sets : identity).append(set(name, value));
            } else {
                isUtility = false;
                if (rank(name) == 0) {
                    calls.add(call(name, value));
                } else {
                    identity.append("SELECT ").append(call(name, value)).append(';');
                }
            }
        }
        return begin(isUtility ? BEGIN_UTILITY : BEGIN, endedKinds)
                .append(sets)
                .append(calls)
                .append(identity)
                .append("COMMIT")
                .toString();
    }

    /**
     * The same as {@link #restoreSql(int)}, which tells what cannot be put into force: a row of two columns comes before the first setting
     * and after each that could be.
     */
    public String restoreApartSql(int endedKinds) {
        StringBuilder sql = begin(BEGIN, endedKinds).append("SELECT 0,0;");
        settings.forEach((name, value) ->
                sql.append("SELECT 0,0 FROM ").append(call(name, value)).append(';'));
        return sql.append("COMMIT").toString();
    }

    private StringBuilder begin(String transaction, int endedKinds) {
        StringBuilder sql = new StringBuilder(256)
                .append(transaction)
                .append("RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;")
                .append(StateKind.ends(endedKinds));
        channels.forEach(
                channel -> sql.append("LISTEN ").append(identifier(channel)).append(';'));
        return sql;
    }

    /** Does SET with these two, quoted, what {@code set_config} does? */
    private static boolean isSettable(String name, String value) {
        return isPlain(value) && SETTABLE.matcher(name).matches() && !LISTS.contains(name.toLowerCase(Locale.ROOT));
    }

    private static String set(String name, String value) {
        return "SET \"" + name.replace(".", "\".\"") + "\" TO '" + value + "';";
    }

    private static String call(String name, String value) {
        return "pg_catalog.set_config(" + text(name) + "," + text(value) + ",false)";
    }

    /**
     * One query string that puts back into force those of these settings that a RESET or DISCARD has taken to the server's
     * defaults, where a direct connection would have gone back to what it was started with. What the client has set since
     * stays. Leaves a failed transaction behind where it fails, like {@link #restoreSql}.
     *
     * <p>A setting that the session has set has the source 'session'; custom settings are not in pg_settings, and are empty
     * after a reset; nor is the role, which is 'none' then.
     */
    public String reapplySql() {
        StringJoiner rows = new StringJoiner(",", "(VALUES ", ") AS base(name,value)");
        settings.forEach((name, value) -> rows.add("(" + text(name) + "," + text(value) + ")"));
        return BEGIN + "SELECT pg_catalog.set_config(base.name,base.value,false) FROM " + rows
                + " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_settings AS now WHERE"
                + " pg_catalog.lower(now.name) OPERATOR(pg_catalog.=) pg_catalog.lower(base.name)"
                + " AND now.source OPERATOR(pg_catalog.=) 'session')"
                + " AND (base.name OPERATOR(pg_catalog.<>) '" + ROLE + "'"
                + " OR pg_catalog.current_setting('" + ROLE + "') OPERATOR(pg_catalog.=) 'none')"
                + " AND (pg_catalog.strpos(base.name,'.') OPERATOR(pg_catalog.=) 0"
                + " OR coalesce(pg_catalog.current_setting(base.name,true),'') OPERATOR(pg_catalog.=) '');"
                + "COMMIT";
    }

    /** An expression that stands for {@code value}: a literal costs PostgreSQL a tenth of what the other form does. */
    static String text(String value) {
        if (isPlain(value)) {
            return "'" + value + "'";
        }
        String hex = HEX.formatHex(value.getBytes(StandardCharsets.UTF_8));
        return "pg_catalog.convert_from(pg_catalog.decode('" + hex + "','hex'),'UTF8')";
    }

    /** Is it the same as a literal whatever the session's client_encoding and standard_conforming_strings are? */
    private static boolean isPlain(String value) {
        return value.chars().allMatch(letter -> letter >= ' ' && letter <= '~' && letter != '\'' && letter != '\\');
    }

    /** That channel or other name as SQL has it, whatever the session's encoding is. */
    public static String identifier(String name) {
        boolean isAscii = name.chars().allMatch(letter -> letter < 0x80);
        StringBuilder quoted = new StringBuilder(isAscii ? "\"" : "U&\"");
        name.codePoints().forEach(letter -> {
            if (letter >= 0x80) {
                quoted.append(String.format(Locale.ROOT, "\\+%06X", letter));
            } else if (letter == '"' || (letter == '\\' && !isAscii)) {
                quoted.appendCodePoint(letter).appendCodePoint(letter);
            } else {
                quoted.appendCodePoint(letter);
            }
        });
        return quoted.append('"').toString();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof Snapshot snapshot
                        && snapshot.hash == hash
                        && snapshot.settings.equals(settings)
                        && snapshot.channels.equals(channels));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The names only: values may be secrets of the application's. */
    @Override
    public String toString() {
        return "Snapshot" + settings.keySet();
    }
}
