package dev.spillway.testkit;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A client that makes settings, roles and objects of its session by chance, knows what it has made, and looks whether that is
 * what it finds. A watcher makes nothing. Confined to its thread.
 */
public final class StateActor {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Map<String, String> DEFAULTS = Map.of(
            "role", "none",
            "search_path", "\"$user\", public",
            "work_mem", "4MB",
            "timezone", "UTC",
            "datestyle", "ISO, MDY",
            "enable_seqscan", "on",
            "default_transaction_isolation", "read committed",
            "app.tenant", "");

    /** What all of them have seen. */
    public static final class Findings {
        private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
        private final ConcurrentLinkedQueue<String> lost = new ConcurrentLinkedQueue<>();
        private final AtomicLong checks = new AtomicLong();

        public void wrong(String what) {
            wrong.add(what);
        }

        public List<String> wrong() {
            return List.copyOf(wrong);
        }

        /** Connections that ended though nobody had ended them. */
        public List<String> lost() {
            return List.copyOf(lost);
        }

        public long checks() {
            return checks.get();
        }
    }

    private final Endpoint endpoint;
    private final int number;
    private final boolean isWatcher;
    private final boolean isRough;
    private final Random random;
    private final Findings findings;
    private final Map<String, String> mine = new TreeMap<>(DEFAULTS);
    private final List<String> done = new ArrayList<>();

    /** What cannot move, each with the letter of its kind before its name. */
    private final Set<String> objects = new TreeSet<>();

    private @Nullable WireClient connection;

    public StateActor(
            Endpoint endpoint, int number, boolean isWatcher, boolean isRough, Random random, Findings findings) {
        this.endpoint = endpoint;
        this.number = number;
        this.isWatcher = isWatcher;
        this.isRough = isRough;
        this.random = random;
        this.findings = findings;
    }

    /** Run it once, on PostgreSQL itself. */
    public static String schema() {
        return """
            do $$ begin
                for i in 0..19 loop
                    if not exists (select from pg_roles where rolname = 'actor_' || i) then
                        execute 'create role actor_' || i;
                    end if;
                end loop;
            end $$;
            """;
    }

    /** Works until {@code deadlineNanos}. */
    public void run(long deadlineNanos) {
        while (System.nanoTime() < deadlineNanos && findings.wrong.size() < 5) {
            try {
                step();
            } catch (SocketTimeoutException silence) {
                findings.wrong("no answer within " + LIMIT + " for " + this);
                forget();
            } catch (IOException e) {
                if (!isRough) {
                    findings.lost.add(e + " " + this);
                }
                forget();
            }
        }
        forget();
    }

    private void step() throws IOException {
        check();
        if (!isWatcher) {
            make();
            check();
        }
        if (isRough && random.nextInt(12) == 0) {
            leave();
        }
    }

    private void leave() throws IOException {
        WireClient client = connected();
        client.send(Messages.query(
                random.nextBoolean()
                        ? "set work_mem = '" + (5 + number) + "MB'; select pg_advisory_lock(" + number
                                + "), pg_sleep(0.01)"
                        : "begin; set role actor_" + number + "; create temp table t_" + number + " (a int)"));
        switch (random.nextInt(4)) {
            case 0 -> client.terminate();
            case 1 -> client.cancel();
            case 2 -> client.reset();
            default -> client.close();
        }
        forget();
    }

    private void forget() {
        mine.putAll(DEFAULTS);
        objects.clear();
        done.clear();
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (IOException alreadyGone) {
            // Then it is closed.
        }
        connection = null;
    }

    private WireClient connected() throws IOException {
        WireClient client = connection;
        if (client == null) {
            client = WireClient.connect(endpoint, Map.of(), LIMIT);
            connection = client;
        }
        return client;
    }

    // ---- making --------------------------------------------------------------------------------------------------

    private void make() throws IOException {
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> set();
            case 3 -> {
                String name = pick();
                run("begin; " + statement(name, value(name), true) + "; select 1; commit");
            }
            case 4 -> {
                String name = pick();
                run("begin; " + statement(name, value(name), false) + "; "
                        + (random.nextBoolean() ? "rollback" : "select 1/0; rollback"));
                if (!statusIsIdle()) {
                    run("rollback");
                }
            }
            case 5 -> {
                boolean isAll = random.nextBoolean();
                run(isAll ? "discard all" : "reset all; reset role");
                mine.putAll(DEFAULTS);
                if (isAll) {
                    objects.clear();
                }
            }
            case 6 -> object();
            default -> extended();
        }
    }

    private char status = 'I';

    private boolean statusIsIdle() {
        return status == 'I';
    }

    private void set() throws IOException {
        String name = pick();
        String value = value(name);
        run(statement(name, value, false));
        mine.put(name, value);
    }

    private void extended() throws IOException {
        String name = pick();
        String value = value(name);
        done.add("extended set_config " + name + " " + value);
        WireClient client = connected();
        client.send(
                Messages.parse("", "select set_config($1, $2, false)"),
                Messages.bind("", "", name, value),
                Messages.execute("", 0),
                Messages.sync());
        answered(client.readUntilReady());
        mine.put(name, value);
    }

    private void object() throws IOException {
        if (!objects.isEmpty() && random.nextInt(3) == 0) {
            String gone = List.copyOf(objects).get(random.nextInt(objects.size()));
            String name = gone.substring(2);
            run(
                    switch (gone.charAt(0)) {
                        case 't' -> "discard temp"; // the table may be another role's of ours
                        case 'c' -> "close " + name;
                        case 'p' -> "deallocate " + name;
                        case 'l' -> "unlisten " + name;
                        default ->
                            "select pg_advisory_unlock(" + (1000 + number) + ", "
                                    + name.substring(name.lastIndexOf('_') + 1) + ")";
                    });
            objects.removeIf(object -> object.equals(gone) || (gone.startsWith("t ") && object.startsWith("t ")));
            return;
        }
        int id = random.nextInt(1_000_000);
        String name = "mine_" + number + "_" + id;
        switch (random.nextInt(6)) {
            case 0 -> made("t", name, "create temp table " + name + " (a int)");
            case 1 -> made("t", name, "select 1 as a into temp " + name);
            case 2 -> made("c", name, "begin; declare " + name + " cursor with hold for select 1; commit");
            case 3 -> made("p", name, "prepare " + name + " as select 1");
            case 4 -> made("l", name, "listen " + name);
            default -> made("k", name, "select pg_advisory_lock(" + (1000 + number) + ", " + id + ")");
        }
    }

    private void made(String kind, String name, String sql) throws IOException {
        run(sql);
        objects.add(kind + " " + name);
    }

    private String pick() {
        List<String> names = List.copyOf(mine.keySet());
        return names.get(random.nextInt(names.size()));
    }

    private String value(String name) {
        return switch (name) {
            case "role" -> random.nextInt(4) == 0 ? "none" : "actor_" + number;
            case "search_path" -> "path_" + number + "_" + random.nextInt(3) + ", public";
            case "work_mem" -> (5 + number) + "MB";
            case "timezone" -> "Etc/GMT+" + (1 + number % 12);
            case "datestyle" ->
                List.of("ISO, YMD", "German, DMY", "SQL, DMY", "ISO, MDY").get(random.nextInt(4));
            case "enable_seqscan" -> random.nextBoolean() ? "on" : "off";
            case "default_transaction_isolation" -> random.nextBoolean() ? "serializable" : "read committed";
            default -> "tenant " + number + "'s \\ " + random.nextInt(1000);
        };
    }

    private String statement(String name, String value, boolean isLocal) {
        String literal = name.equals("search_path") || name.equals("datestyle")
                ? value
                : name.equals("app.tenant") ? "'" + value.replace("'", "''") + "'" : "'" + value + "'";
        if (name.equals("role") && value.equals("none")) {
            return isLocal ? "set local role none" : "set role none";
        }
        return switch (random.nextInt(isLocal ? 2 : 4)) {
            case 0 -> "set " + (isLocal ? "local " : "") + name + " = " + literal;
            case 1 ->
                "select set_config('%s', '%s', %s)"
                        .formatted(name, value.replace("'", "''"), isLocal ? "true" : "false");
            case 2 -> "set session " + name + " to " + literal;
            default ->
                "do $$ begin perform set_config('%s', '%s', false); end $$".formatted(name, value.replace("'", "''"));
        };
    }

    private void run(String sql) throws IOException {
        done.add(sql);
        answered(connected().query(sql));
    }

    private void answered(List<BackendMessage> answer) throws IOException {
        for (BackendMessage message : answer) {
            if (message.is('E') && message.isFatal()) {
                throw new IOException(message.toString());
            }
            if (message.is('E')
                    && !message.sqlState().equals("22012")
                    && !message.sqlState().equals("25P02")) {
                findings.wrong(message + " for " + this);
            }
        }
        status = answer.getLast().status();
    }

    // ---- looking -------------------------------------------------------------------------------------------------

    private void check() throws IOException {
        String sql = """
            select current_user, session_user, current_setting('role'), current_setting('search_path'),
            current_setting('work_mem'), current_setting('timezone'), current_setting('datestyle'),
            current_setting('enable_seqscan'), current_setting('default_transaction_isolation'),
            coalesce(current_setting('app.tenant', true), ''),
            (select coalesce(string_agg(o, ',' order by o collate "C"), '') from (
            select 't ' || relname from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r' union all
            select 'c ' || name from pg_cursors where is_holdable union all
            select 'p ' || name from pg_prepared_statements where from_sql union all
            select 'l ' || c from pg_listening_channels() as c union all
            select 'k mine_' || (classid::int - 1000) || '_' || objid from pg_locks where locktype = 'advisory'
            and pid = pg_backend_pid()) as all_of_them(o))
            """;
        List<BackendMessage> answer = connected().query(sql);
        answered(answer);
        findings.checks.incrementAndGet();
        for (BackendMessage message : answer) {
            if (message.is('D')) {
                compare(message.columns());
            }
        }
    }

    private void compare(List<@Nullable String> found) {
        String role = Objects.requireNonNull(mine.get("role"));
        List<@Nullable String> expected = List.of(
                role.equals("none") ? endpoint.user() : role,
                endpoint.user(),
                role,
                Objects.requireNonNull(mine.get("search_path")),
                Objects.requireNonNull(mine.get("work_mem")),
                Objects.requireNonNull(mine.get("timezone")),
                Objects.requireNonNull(mine.get("datestyle")),
                Objects.requireNonNull(mine.get("enable_seqscan")),
                Objects.requireNonNull(mine.get("default_transaction_isolation")),
                Objects.requireNonNull(mine.get("app.tenant")));
        if (!found.subList(0, expected.size()).equals(expected)) {
            findings.wrong("expected " + expected + ", found " + found + " " + this);
        }
        String there = found.get(expected.size());
        if (!String.join(",", objects).equals(there)) {
            findings.wrong("expected " + objects + ", found " + there + " " + this);
        }
    }

    @Override
    public String toString() {
        return "client " + number + " after " + done.subList(Math.max(0, done.size() - 12), done.size());
    }
}
