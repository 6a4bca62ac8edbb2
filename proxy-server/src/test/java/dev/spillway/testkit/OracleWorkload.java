package dev.spillway.testkit;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * What one client of the oracle asks, and what it must be told: every statement carries an id that no other statement of the run has,
 * and reports the settings that the client logged in with.
 *
 * <p>Confined to its client's thread; all choices come from its {@link Random}.
 */
final class OracleWorkload {
    private static final String[] ZONES = {"UTC", "Asia/Tokyo", "America/Lima", "Europe/Paris", "Asia/Kathmandu"};
    private static final String SETTINGS_SQL = "concat_ws('|', current_setting('TimeZone'), "
            + "current_setting('application_name'), current_setting('search_path'), "
            + "current_setting('extra_float_digits'))";

    private final long run;
    private final int client;
    private final Random random;
    private final Map<String, String> parameters = new TreeMap<>();
    private final String settings;
    private long sequence;

    OracleWorkload(long run, int client, Random random) {
        this.run = run;
        this.client = client;
        this.random = random;
        String zone = ZONES[client % ZONES.length];
        String name = "oracle-" + client;
        String path = "oracle_%d, public".formatted(client % 7);
        String digits = Integer.toString(client % 4);
        parameters.put("TimeZone", zone);
        parameters.put("application_name", name);
        parameters.put("search_path", path);
        parameters.put("extra_float_digits", digits);
        this.settings = String.join("|", zone, name, path, digits);
    }

    /** Startup parameters, different from client to client. */
    Map<String, String> parameters() {
        return parameters;
    }

    long nextSequence() {
        return ++sequence;
    }

    String nextId() {
        return id(nextSequence());
    }

    private String id(long number) {
        return "r%dc%ds%d".formatted(run, client, number);
    }

    private static String identitySql(String quotedId) {
        return "select " + quotedId + " as id, " + SETTINGS_SQL + " as settings";
    }

    /** Simple query of an id; {@code status} is the transaction's. */
    Exchange simple(Exchange to, char status) {
        String id = nextId();
        return to.send(Messages.query(identitySql("'" + id + "'")))
                .expectTypes("T")
                .expectRow(id, settings)
                .expectTag("SELECT 1")
                .expectReady(status);
    }

    /** One Sync group of one to three statements. */
    Exchange extended(Exchange to, char status) {
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            extendedStatement(to);
        }
        return to.send(Messages.sync()).expectReady(status);
    }

    private void extendedStatement(Exchange to) {
        String id = nextId();
        if (random.nextBoolean()) {
            to.send(Messages.extended(identitySql("$1::text"), id)).expectTypes("12T");
        } else {
            to.send(
                    Messages.parse("", identitySql("'" + id + "'")),
                    Messages.describeStatement(""),
                    Messages.bind("", ""),
                    Messages.execute("", 0));
            to.expectTypes("1tT2");
        }
        to.expectRow(id, settings).expectTag("SELECT 1");
    }

    Exchange pipelined() {
        Exchange all = new Exchange();
        for (int left = 2 + random.nextInt(6); left > 0; left--) {
            switch (random.nextInt(4)) {
                case 0 -> simple(all, 'I');
                case 1 -> error(all, 'I');
                default -> extended(all, 'I');
            }
        }
        return all;
    }

    /** An error that carries an id; {@code status} is what ReadyForQuery says after it. */
    Exchange error(Exchange to, char status) {
        String id = nextId();
        switch (random.nextInt(4)) {
            case 0 -> to.send(Messages.query("select '%s'::int".formatted(id))).expectError("22P02", id);
            case 1 ->
                to.send(Messages.query("select 1/0 /* %s */".formatted(id))).expectError("22012", "");
            case 2 -> {
                to.send(Messages.parse("", "select $1::int"), Messages.bind("", "", id));
                to.send(Messages.execute("", 0), Messages.sync());
                to.expectTypes("1").expectError("22P02", id);
            }
            default -> {
                // What follows an error is dropped up to the Sync, a simple query too.
                to.send(Messages.parse("", "select no_such_column_" + id), Messages.extended("select 1"));
                to.send(Messages.query("select 'never run'"), Messages.sync());
                to.expectError("42703", id);
            }
        }
        return to.expectReady(status);
    }

    Exchange multiStatement() {
        Exchange all = new Exchange();
        StringBuilder sql = new StringBuilder();
        int statements = 2 + random.nextInt(4);
        int failing = random.nextInt(3) == 0 ? random.nextInt(statements) : -1;
        for (int i = 0; i < statements; i++) {
            String id = nextId();
            sql.append(i == failing ? "select '%s'::int".formatted(id) : identitySql("'" + id + "'"))
                    .append("; ");
            if (failing < 0 || i < failing) {
                all.expectTypes("T").expectRow(id, settings).expectTag("SELECT 1");
            } else if (i == failing) {
                all.expectError("22P02", id);
            }
        }
        return all.send(Messages.query(sql.toString())).expectReady('I');
    }

    Exchange copyOut() {
        String id = nextId();
        int rows = 1 + random.nextInt(50);
        String sql = "copy (select '%s-' || g from generate_series(1, %d) g) to stdout".formatted(id, rows);
        boolean isExtended = random.nextBoolean();
        Exchange exchange = new Exchange();
        if (isExtended) {
            exchange.send(Messages.extended(sql), Messages.sync()).expectTypes("12n");
        } else {
            exchange.send(Messages.query(sql));
        }
        exchange.expectTypes("H");
        for (int i = 1; i <= rows; i++) {
            exchange.expectCopyData(id + "-" + i + "\n");
        }
        return exchange.expectTypes("c").expectTag("COPY " + rows).expectReady('I');
    }

    String copyRow(long number) {
        return "%d\t%d\t%d\n".formatted(run, client, number);
    }

    String insertSql(long number) {
        return "insert into oracle_log values (%d, %d, %d)".formatted(run, client, number);
    }

    /** Rows {@code first} to {@code last} of this client, sent before the server has said that it wants them. */
    Exchange copyIn(long first, long last) {
        Exchange exchange = new Exchange();
        String sql = "copy oracle_log from stdin";
        boolean isExtended = random.nextBoolean();
        if (isExtended) {
            exchange.send(Messages.extended(sql)).expectTypes("12n");
            if (random.nextBoolean()) {
                exchange.send(Messages.sync()); // As libpq does; PostgreSQL swallows it inside the COPY.
            }
        } else {
            exchange.send(Messages.query(sql));
        }
        for (long number = first; number <= last; number++) {
            exchange.send(Messages.copyData(copyRow(number)));
        }
        exchange.send(Messages.copyDone());
        if (isExtended) {
            exchange.send(Messages.sync());
        }
        return exchange.expectTypes("G").expectTag("COPY " + (last - first + 1)).expectReady('I');
    }

    Exchange largeResult() {
        String id = nextId();
        int rows = 20 + random.nextInt(60);
        int width = random.nextInt(2000);
        Exchange exchange = new Exchange()
                .send(Messages.query("select '%s-' || g || repeat('x', %d) from generate_series(1, %d) g"
                        .formatted(id, width, rows)))
                .expectTypes("T");
        for (int i = 1; i <= rows; i++) {
            exchange.expectRow(id + "-" + i + "x".repeat(width));
        }
        return exchange.expectTag("SELECT " + rows).expectReady('I');
    }

    Exchange notices() {
        String first = nextId();
        String second = nextId();
        return new Exchange()
                .send(Messages.query(
                        "do $$ begin raise notice '%s'; raise notice '%s'; end $$".formatted(first, second)))
                .expectNotice(first)
                .expectNotice(second)
                .expectTag("DO")
                .expectReady('I');
    }
}
