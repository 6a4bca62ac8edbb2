package dev.spillway.server.configfile;

import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.Problems;
import dev.spillway.core.config.RawTable;
import dev.spillway.core.config.RawValue;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Source;
import dev.spillway.server.configfile.ConnectionString.MalformedConnectionStringException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What PgBouncer says about one database or one user, and the same as settings of ours. Used by one thread.
 *
 * <p>PgBouncer reads its numbers there as C's {@code atoi} does, up to the first character that is no digit; so do we, and say
 * so.
 */
final class PgBouncerTarget {
    /** Settings of a session that PgBouncer asks the server for at its login. */
    private static final List<String> STARTUP = List.of("client_encoding", "datestyle", "timezone", "application_name");

    private static final Set<String> DATABASE_KEYS = Set.of(
            "dbname",
            "host",
            "port",
            "user",
            "password",
            "auth_user",
            "auth_dbname",
            "auth_query",
            "client_encoding",
            "datestyle",
            "timezone",
            "application_name",
            "pool_size",
            "min_pool_size",
            "reserve_pool",
            "reserve_pool_size",
            "query_wait_timeout",
            "max_db_connections",
            "max_db_client_connections",
            "server_lifetime",
            "load_balance_hosts",
            "pool_mode",
            "connect_query");
    private static final Set<String> USER_KEYS = Set.of(
            "pool_mode",
            "pool_size",
            "reserve_pool_size",
            "max_user_connections",
            "max_user_client_connections",
            "query_timeout",
            "query_wait_timeout",
            "transaction_timeout",
            "idle_transaction_timeout",
            "client_idle_timeout");

    /** Numbers of which 0 means something; of the others it means that the setting is not there. */
    private static final Set<String> ZERO_COUNTS =
            Set.of("port", "pool_size", "min_pool_size", "reserve_pool_size", "query_wait_timeout");

    private static final Set<String> NUMBERS = Set.of(
            "port",
            "pool_size",
            "min_pool_size",
            "reserve_pool_size",
            "query_wait_timeout",
            "max_db_connections",
            "max_db_client_connections",
            "server_lifetime",
            "max_user_connections",
            "max_user_client_connections",
            "query_timeout",
            "transaction_timeout",
            "idle_transaction_timeout",
            "client_idle_timeout");
    private static final Pattern NUMBER = Pattern.compile("\\s*([+-]?[0-9]{1,18})(.*)", Pattern.DOTALL);

    private final String what;
    private final Source source;
    private final Set<String> known;
    private final Set<String> ours;
    private final Problems problems;
    private final Problems doubts;
    private final List<Ineffective> ineffective;
    private final Map<String, String> values = new LinkedHashMap<>();

    private PgBouncerTarget(
            String what,
            Source source,
            Set<String> keys,
            List<Setting<?>> settings,
            Problems problems,
            Problems doubts,
            List<Ineffective> ineffective) {
        this.what = what;
        this.source = source;
        this.ours = settings.stream().map(Setting::name).collect(Collectors.toUnmodifiableSet());
        this.known = Stream.concat(keys.stream(), ours.stream()).collect(Collectors.toCollection(TreeSet::new));
        this.problems = problems;
        this.doubts = doubts;
        this.ineffective = ineffective;
    }

    static PgBouncerTarget database(
            String name, Source source, Problems problems, Problems doubts, List<Ineffective> ineffective) {
        return new PgBouncerTarget(
                "database '" + name + "'", source, DATABASE_KEYS, Settings.database(), problems, doubts, ineffective);
    }

    static PgBouncerTarget user(
            String name, Source source, Problems problems, Problems doubts, List<Ineffective> ineffective) {
        return new PgBouncerTarget(
                "user '" + name + "'", source, USER_KEYS, Settings.user(), problems, doubts, ineffective);
    }

    /** Understands a connection string. */
    PgBouncerTarget read(String connectionString) {
        try {
            ConnectionString.parse(connectionString).forEach(this::read);
        } catch (MalformedConnectionStringException e) {
            problems.add(source, what + " " + e.getMessage());
        }
        return this;
    }

    private void read(String written, String value) {
        // The older name of it.
        String key = written.equals("reserve_pool") ? "reserve_pool_size" : written;
        if (!known.contains(key)) {
            problems.addUnknown(source, "setting", key, " of " + what, known);
        } else if (NUMBERS.contains(key)) {
            readNumber(key, value);
        } else {
            values.put(key, value);
        }
    }

    private void readNumber(String key, String value) {
        Matcher matcher = NUMBER.matcher(value);
        boolean isNumber = matcher.matches();
        long number = isNumber ? Long.parseLong(matcher.group(1)) : 0;
        if (!isNumber || !matcher.group(2).isEmpty()) {
            doubts.add(source, key + " of " + what + " is read as " + number + ", not as '" + value + "'");
        }
        if (number < 0 || (number == 0 && !ZERO_COUNTS.contains(key))) {
            values.remove(key);
        } else {
            values.put(key, key.equals("pool_size") && number == 0 ? PgBouncerSetting.NO_LIMIT : Long.toString(number));
        }
    }

    /** Settings of a database; {@code socketDir}: where servers are that have no host. */
    void putDatabase(RawTable table, @Nullable String socketDir) {
        putHost(socketDir);
        putStartup();
        if (values.containsKey("password") && !values.containsKey("user")) {
            leaveOut("password");
        }
        put(table);
    }

    /** Settings of a user. */
    void put(RawTable table) {
        for (String name : List.copyOf(values.keySet())) {
            if (!ours.contains(name)) {
                leaveOut(name);
            }
        }
        values.forEach((name, value) -> table.put(name, RawValue.untyped(value, source)));
    }

    private void leaveOut(String name) {
        @Nullable String value = values.remove(name);
        if (value != null) {
            ineffective.add(new Ineffective(source, name + " of " + what, value));
        }
    }

    private void putHost(@Nullable String socketDir) {
        String host = DatabaseSettings.HOST.name();
        @Nullable String written = values.get(host);
        if (written != null) {
            // PgBouncer does not mind a host that stands there twice.
            values.put(
                    host,
                    Stream.of(written.split(",", -1))
                            .filter(part -> !part.isEmpty())
                            .distinct()
                            .collect(Collectors.joining(",")));
        } else if (socketDir == null || socketDir.isEmpty()) {
            problems.add(source, what + " has no host, and there is no unix_socket_dir in which its server could be");
        } else {
            values.put(host, socketDir);
        }
    }

    /** What PgBouncer has in the startup packet is the first part of our connect_query. */
    private void putStartup() {
        List<String> statements = new ArrayList<>();
        for (String name : STARTUP) {
            @Nullable String value = ours.contains(name) ? null : values.remove(name);
            if (value != null) {
                statements.add("SET " + name + " TO '" + value.replace("'", "''") + "'");
            }
        }
        String query = DatabaseSettings.CONNECT_QUERY.name();
        @Nullable String written = values.get(query);
        if (written != null) {
            statements.add(written);
        }
        if (!statements.isEmpty()) {
            values.put(query, String.join("; ", statements));
        }
    }
}
