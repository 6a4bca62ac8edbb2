package dev.spillway.testkit;

import dev.spillway.testkit.PipelineProgram.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The pieces that programs are made of. A unit does not know in which state it will run (idle, in a transaction, in a failed one, in
 * the part that PostgreSQL skips up to the next Sync), so each must have one answer in all of them:
 *
 * <ul>
 *   <li>A COPY FROM STDIN is followed at once by data and CopyDone or CopyFail, with nothing but Flush and Sync between: any other
 *       message inside a COPY is FATAL. Where the COPY did not start, or has failed, PostgreSQL drops these messages.
 *   <li>A Bind of the unnamed statement stands behind its Parse, without a Query between: across transactions it would depend on who
 *       used the server before.
 *   <li>No clock, pid, sequence, plan or unordered row; no session state (SET, PREPARE, LISTEN, temporary tables).
 * </ul>
 */
final class PipelineUnits {
    private static final int IDS_PER_CLIENT = 1000;
    private static final int INT4PL = 177;
    private static final int INT4DIV = 154;

    private final Random random;
    private final int client;

    PipelineUnits(Random random, int client) {
        this.random = random;
        this.client = client;
    }

    static int firstId(int client) {
        return client * IDS_PER_CLIENT;
    }

    static int lastId(int client) {
        return firstId(client) + IDS_PER_CLIENT - 1;
    }

    Unit next() {
        return switch (random.nextInt(20)) {
            case 0, 1 -> unit("query", Messages.query(statement()));
            case 2 -> unit("multi-statement query", Messages.query(statements()));
            case 3, 4 -> unit("transaction control", Messages.query(control()));
            case 5, 6, 7 -> extended(statement());
            case 8 -> extended(control());
            case 9, 10, 11 -> unit("sync", Messages.sync());
            case 12 -> unit("flush", Messages.flush());
            case 13 -> simpleCopyIn();
            case 14 -> extendedCopyIn();
            case 15 -> copyOut();
            case 16 -> namedPortal();
            case 17 -> stray();
            case 18 -> functionCall();
            default -> emptyQuery();
        };
    }

    private static Unit unit(String name, byte[]... messages) {
        return new Unit(name, List.of(messages));
    }

    /** Few different ids, so that keys collide often. */
    private int id() {
        return firstId(client) + random.nextInt(12);
    }

    private String mine() {
        return "id between %d and %d".formatted(firstId(client), lastId(client));
    }

    private String statement() {
        int id = id();
        return switch (random.nextInt(17)) {
            case 0 -> "select %d as n, 'text' as t, null as nothing".formatted(random.nextInt(100));
            case 1 -> "select g, repeat('x', g) from generate_series(1, %d) g".formatted(random.nextInt(40));
            case 2 -> "select repeat('y', %d)".formatted(random.nextInt(40000));
            case 3, 4 -> "insert into pipe_t values (%d, 'v%d')".formatted(id, id);
            case 5 -> "insert into pipe_t values (%d, 'r') returning id, v".formatted(id);
            case 6, 7 -> "insert into pipe_d values (%d), (%d)".formatted(id, id()); // fails at commit if equal
            case 8 -> "update pipe_t set v = v || '+' where id = %d returning v".formatted(id);
            case 9 -> "delete from pipe_t where id = " + id;
            case 10 -> "select count(*) from pipe_t where " + mine();
            case 11 -> "select id, v from pipe_t where " + mine() + " order by id";
            case 12 -> "select 1/0";
            case 13 -> "select 1/(3 - g) from generate_series(1, 5) g"; // some rows, then an error
            case 14 -> "selec this is no SQL";
            case 15 -> "do $$ begin raise notice 'note %d'; end $$".formatted(id);
            default -> "call pipe_commit(%d)".formatted(id);
        };
    }

    private String control() {
        return switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> "begin";
            case 4, 5, 6 -> "commit";
            case 7, 8 -> "rollback";
            case 9 -> "commit and chain";
            case 10 -> "rollback and chain";
            case 11, 12 -> "savepoint s";
            case 13 -> "rollback to savepoint s";
            case 14 -> "release savepoint s";
            default -> "set constraints pipe_d_unique immediate"; // brings the deferred error forward
        };
    }

    private String statements() {
        StringBuilder sql = new StringBuilder();
        for (int left = 2 + random.nextInt(4); left > 0; left--) {
            sql.append(random.nextInt(3) == 0 ? control() : statement()).append(random.nextBoolean() ? ";" : "; ");
        }
        return sql.toString();
    }

    private Unit extended(String sql) {
        List<byte[]> messages = new ArrayList<>();
        messages.add(Messages.parse("", sql));
        if (random.nextInt(3) == 0) {
            messages.add(Messages.describeStatement(""));
        }
        maybeFlush(messages);
        messages.add(Messages.bind("", ""));
        if (random.nextBoolean()) {
            messages.add(Messages.describePortal(""));
        }
        messages.add(Messages.execute("", random.nextInt(3) == 0 ? 2 : 0));
        maybeFlush(messages);
        if (random.nextInt(5) == 0) {
            messages.add(Messages.execute("", 0));
        }
        if (random.nextInt(6) == 0) {
            messages.add(random.nextBoolean() ? Messages.closePortal("") : Messages.closeStatement(""));
        }
        if (random.nextInt(3) != 0) {
            messages.add(Messages.sync());
        }
        return new Unit("extended", messages);
    }

    private void maybeFlush(List<byte[]> messages) {
        if (random.nextInt(5) == 0) {
            messages.add(Messages.flush());
        }
    }

    private String copyInSql() {
        return switch (random.nextInt(8)) {
            case 0, 1 -> "copy pipe_d from stdin";
            case 2 -> "copy pipe_closed from stdin"; // announced, then refused before any of it is read
            default -> "copy pipe_t from stdin";
        };
    }

    private Unit simpleCopyIn() {
        String copy = copyInSql();
        String sql = switch (random.nextInt(5)) {
            case 0 -> statement() + "; " + copy;
            case 1 -> copy + "; " + statement();
            case 2 -> "begin; " + copy + "; commit";
            default -> copy;
        };
        List<byte[]> messages = new ArrayList<>();
        messages.add(Messages.query(sql));
        copyBody(copy, messages);
        return new Unit("simple copy in", messages);
    }

    private Unit extendedCopyIn() {
        String copy = copyInSql();
        List<byte[]> messages = new ArrayList<>();
        messages.add(Messages.parse("", copy));
        messages.add(Messages.bind("", ""));
        if (random.nextBoolean()) {
            messages.add(Messages.describePortal(""));
        }
        messages.add(Messages.execute("", 0));
        copyBody(copy, messages);
        if (random.nextInt(4) != 0) {
            messages.add(Messages.sync());
        }
        return new Unit("extended copy in", messages);
    }

    /** Data with Syncs and Flushes anywhere. PostgreSQL swallows those that it reads before the COPY completes or fails. */
    private void copyBody(String copy, List<byte[]> messages) {
        maybeSync(messages);
        boolean isPlain = copy.contains("pipe_d");
        StringBuilder rows = new StringBuilder();
        for (int left = random.nextInt(5); left > 0; left--) {
            rows.append(id()).append(isPlain ? "" : "\tcopied").append('\n');
        }
        if (random.nextInt(5) == 0) {
            rows.append("not a number\tx\n");
            if (random.nextBoolean()) {
                rows.append(id()).append("\tnever read\n");
            }
        }
        for (int at = 0; at < rows.length(); ) {
            int length = Math.min(rows.length() - at, 1 + random.nextInt(20)); // CopyData need not end where rows do
            messages.add(Messages.copyData(rows.substring(at, at + length)));
            at += length;
            if (random.nextInt(3) == 0) {
                maybeFlush(messages);
                maybeSync(messages);
            }
        }
        maybeSync(messages);
        messages.add(random.nextInt(5) == 0 ? Messages.copyFail("no more of it") : Messages.copyDone());
    }

    private void maybeSync(List<byte[]> messages) {
        for (int left = random.nextInt(8) - 5; left > 0; left--) {
            messages.add(Messages.sync());
        }
    }

    private Unit copyOut() {
        String sql = switch (random.nextInt(4)) {
            case 0 -> "copy (select 1/(4 - g) from generate_series(1, 6) g) to stdout"; // fails half way
            case 1 -> "copy (select id, v from pipe_t where %s order by id) to stdout".formatted(mine());
            default ->
                "copy (select g, repeat('z', 50) from generate_series(1, %d) g) to stdout"
                        .formatted(random.nextInt(60));
        };
        if (random.nextBoolean()) {
            return unit("copy out", Messages.query(sql));
        }
        return extended(sql);
    }

    /** Bound now, fetched later or never; it dies with its transaction, with or without this client. */
    private Unit namedPortal() {
        String portal = "p" + random.nextInt(2);
        List<byte[]> messages = new ArrayList<>();
        switch (random.nextInt(4)) {
            case 0 -> messages.add(Messages.execute(portal, 1 + random.nextInt(3)));
            case 1 -> messages.add(Messages.closePortal(portal));
            default -> {
                messages.add(Messages.parse("", "select g from generate_series(1, 5) g"));
                messages.add(Messages.bind(portal, ""));
                messages.add(Messages.describePortal(portal));
                messages.add(Messages.execute(portal, 2));
            }
        }
        if (random.nextBoolean()) {
            messages.add(Messages.sync());
        }
        return new Unit("named portal " + portal, messages);
    }

    /** Messages that are out of place and have a defined answer: an error, or none at all. */
    private Unit stray() {
        return switch (random.nextInt(5)) {
            case 0 -> unit("stray copy data", Messages.copyData("nobody wants this"), Messages.copyDone());
            case 1 -> unit("stray copy fail", Messages.copyFail("what copy?"));
            case 2 -> unit("bind of a missing statement", Messages.bind("", "no_such_statement"));
            case 3 -> unit("close of nothing", Messages.closeStatement("no_such_statement"));
            default -> unit("describe of a missing portal", Messages.describePortal("no_such_portal"));
        };
    }

    private Unit functionCall() {
        return switch (random.nextInt(3)) {
            case 0 -> unit("function call that fails", Messages.functionCall(INT4DIV, "1", "0"));
            case 1 -> unit("function call of no function", Messages.functionCall(1, "1"));
            default -> unit("function call", Messages.functionCall(INT4PL, "3", "4"));
        };
    }

    private Unit emptyQuery() {
        return random.nextBoolean()
                ? unit("empty query", Messages.query(random.nextBoolean() ? "" : " ; "))
                : extended("");
    }
}
