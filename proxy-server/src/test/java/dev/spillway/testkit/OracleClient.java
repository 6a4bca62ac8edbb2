package dev.spillway.testkit;

import dev.spillway.testkit.OracleLedger.Row;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One client of an {@link IsolationOracle}: asks, checks every message that comes, leaves and returns. Confined to its thread. */
final class OracleClient implements Runnable {
    private static final int REMEMBERED_MESSAGES = 40;
    /** What an error says that ends a connection which neither side wanted to end. */
    private static final Pattern TOLD = Pattern.compile("57P0[123]|08...");

    /** The way of leaving that asks to cancel first. */
    private static final int CANCELS = 6;

    private final IsolationOracle.Settings settings;
    private final int number;
    private final OracleWorkload workload;
    private final Random random;
    private final OracleLedger ledger;
    private final long deadlineNanos;
    private final List<OracleFeature> features;
    private final Deque<BackendMessage> recent = new ArrayDeque<>();
    private @Nullable WireClient connection;

    OracleClient(
            IsolationOracle.Settings settings,
            int number,
            OracleWorkload workload,
            Random random,
            OracleLedger ledger,
            long deadlineNanos) {
        this.settings = settings;
        this.number = number;
        this.workload = workload;
        this.random = random;
        this.ledger = ledger;
        this.deadlineNanos = deadlineNanos;
        this.features = List.copyOf(settings.features().stream().sorted().toList());
    }

    @Override
    public void run() {
        int left = settings.exchangesPerClient();
        try {
            while (left-- > 0 && System.nanoTime() < deadlineNanos && !ledger.isBroken()) {
                try {
                    perform(features.get(random.nextInt(features.size())));
                    ledger.countExchange();
                } catch (SocketTimeoutException silence) {
                    throw new Mismatch("no reply within " + settings.replyTimeout());
                } catch (IOException lost) {
                    lose(lost);
                }
            }
            leave();
        } catch (Mismatch mismatch) {
            ledger.mismatch(describe(mismatch.getMessage()));
            abandon();
        }
    }

    private void lose(IOException how) throws Mismatch {
        BackendMessage words = lastWords(how);
        boolean isHalfTold = connection != null && connection.isInsideMessage();
        abandon();
        String what = words != null ? words.sqlState() : isHalfTold ? "inside a message" : "without a word";
        if (!ledger.countLoss(what)) {
            throw new Mismatch("a connection was lost that nobody had cut: " + how);
        }
        if (settings.losses().areTold() && !isHalfTold && !TOLD.matcher(what).matches()) {
            throw new Mismatch("a connection was lost " + what + ": " + how);
        }
    }

    /** The error that ended the connection; it may be there to be read though writing failed. Null if there is none. */
    private @Nullable BackendMessage lastWords(IOException how) {
        if (how instanceof Told told) {
            return told.error;
        }
        if (how instanceof WireClient.ServerRefused refused) {
            return refused.error();
        }
        try {
            while (connection != null) {
                BackendMessage message = connection.readMessage();
                remember(message);
                if (message.is('E') && message.isFatal()) {
                    return message;
                }
            }
        } catch (IOException nothingMore) {
            // Then there were no words.
        }
        return null;
    }

    private void perform(OracleFeature feature) throws IOException, Mismatch {
        switch (feature) {
            case SIMPLE -> check(workload.simple(new Exchange(), 'I'));
            case EXTENDED -> check(workload.extended(new Exchange(), 'I'));
            case PIPELINED -> check(workload.pipelined());
            case TRANSACTIONS -> transaction();
            case ERRORS -> check(workload.error(new Exchange(), 'I'));
            case MULTI_STATEMENT -> check(workload.multiStatement());
            case COPY_OUT -> check(workload.copyOut());
            case COPY_IN -> copyIn();
            case LARGE_RESULTS -> check(workload.largeResult());
            case NOTICES -> check(workload.notices());
            case LEAVING -> {
                check(workload.simple(new Exchange(), 'I'));
                leave();
            }
            case CANCEL -> cancel();
            case RUDE -> rude();
        }
    }

    private void transaction() throws IOException, Mismatch {
        boolean fails = settings.features().contains(OracleFeature.ERRORS) && random.nextInt(4) == 0;
        boolean commits = random.nextInt(4) != 0;
        Set<Row> rows = new HashSet<>();
        check(new Exchange().send(Messages.query("begin")).expectTag("BEGIN").expectReady('T'));
        for (int left = 1 + random.nextInt(4); left > 0; left--) {
            switch (random.nextInt(3)) {
                case 0 -> check(workload.simple(new Exchange(), 'T'));
                case 1 -> check(workload.extended(new Exchange(), 'T'));
                default -> rows.add(insert('T'));
            }
        }
        if (fails) {
            check(workload.error(new Exchange(), 'E'));
            check(new Exchange()
                    .send(Messages.query("select '%s'".formatted(workload.nextId())))
                    .expectError("25P02", "")
                    .expectReady('E'));
        }
        if (commits && !fails) {
            ledger.doubtful(rows);
        }
        String tag = commits && !fails ? "COMMIT" : "ROLLBACK";
        check(new Exchange()
                .send(Messages.query(commits ? "commit" : "rollback"))
                .expectTag(tag)
                .expectReady('I'));
        if (commits && !fails) {
            ledger.committed(rows);
        }
    }

    private Row insert(char status) throws IOException, Mismatch {
        Row row = new Row(number, workload.nextSequence());
        check(new Exchange()
                .send(Messages.query(workload.insertSql(row.sequence())))
                .expectTag("INSERT 0 1")
                .expectReady(status));
        return row;
    }

    private void copyIn() throws IOException, Mismatch {
        Set<Row> rows = new HashSet<>();
        long first = workload.nextSequence();
        rows.add(new Row(number, first));
        long last = first;
        for (int left = random.nextInt(10); left > 0; left--) {
            last = workload.nextSequence();
            rows.add(new Row(number, last));
        }
        ledger.doubtful(rows);
        check(workload.copyIn(first, last));
        ledger.committed(rows);
    }

    private void cancel() throws IOException, Mismatch {
        WireClient mine = connection();
        String id = workload.nextId();
        if (random.nextInt(3) == 0) {
            // A race that either side may win; the query after it must not be hit.
            mine.send(Messages.query("select '%s' from pg_sleep(0.02)".formatted(id)));
            mine.cancel();
            lateCancelled(id);
        } else {
            mine.send(Messages.query("do $$ begin raise notice '%s'; perform pg_sleep(60); end $$".formatted(id)));
            check(new Exchange().expectNotice(id)); // PostgreSQL flushes notices: now the query runs.
            long cuts = settings.losses().announced().getAsLong();
            mine.cancel();
            try {
                check(new Exchange().expectError("57014", "").expectReady('I'));
            } catch (SocketTimeoutException silence) {
                requireCut(cuts);
            }
        }
        check(workload.simple(new Exchange(), 'I'));
    }

    /** A cancel request whose connection ends is not answered, whether it has arrived or was cut: then the connection is given up. */
    private void requireCut(long before) throws IOException, Mismatch {
        if (settings.losses().announced().getAsLong() == before) {
            throw new Mismatch("no reply to a cancel within " + settings.replyTimeout());
        }
        throw new IOException("the cancel may have been cut");
    }

    private void lateCancelled(String id) throws IOException, Mismatch {
        // PostgreSQL looks whether it has been cancelled between any two of them.
        if (hasNextOrIsCancelled("a row description", message -> message.is('T'))
                && hasNextOrIsCancelled(
                        "row " + id,
                        message -> message.is('D') && message.column().equals(id))) {
            hasNextOrIsCancelled("a tag", message -> message.is('C'));
        }
        check(new Exchange().expectReady('I'));
    }

    private boolean hasNextOrIsCancelled(String what, Predicate<BackendMessage> isIt) throws IOException, Mismatch {
        BackendMessage message = next();
        if (message.is('E') && message.sqlState().equals("57014")) {
            ledger.countError("57014");
            return false;
        }
        if (!isIt.test(message)) {
            throw new Mismatch("expected " + what + " or 57014, got " + message);
        }
        return true;
    }

    /** Leaves where it hurts; nothing that it leaves behind may be committed. */
    private void rude() throws IOException, Mismatch {
        WireClient mine = connection();
        int how = random.nextInt(8);
        byte[] bytes = switch (how) {
            case 0 -> workload.largeResult().bytes();
            case 1 -> workload.pipelined().bytes();
            case 2 ->
                Messages.join(Messages.query("begin"), Messages.query(workload.insertSql(workload.nextSequence())));
            case 3 ->
                Messages.join(
                        Messages.query("begin"),
                        Messages.query("copy oracle_log from stdin"),
                        Messages.copyData(workload.copyRow(workload.nextSequence())));
            case 4 -> Messages.query("select '%s' from pg_sleep(0.05)".formatted(workload.nextId()));
            case 5 -> workload.copyOut().bytes();
            case CANCELS -> Messages.query("select pg_sleep(60)");
            default -> Messages.join(Messages.extended(workload.insertSql(workload.nextSequence())), Messages.flush());
        };
        // Never the whole of it where that would commit: the pieces above end before a COMMIT or Sync of a write.
        int length = how == CANCELS || random.nextBoolean() ? bytes.length : random.nextInt(bytes.length);
        mine.sendSlowly(Arrays.copyOf(bytes, length), Math.max(1, length));
        if (random.nextInt(3) == 0) {
            LockSupport.parkNanos(random.nextInt(5_000_000)); // long enough to be in the middle of something
        }
        if (how == CANCELS) {
            cancelOnTheWay(mine);
        }
        switch (random.nextInt(3)) {
            case 0 -> mine.reset();
            case 1 -> mine.halfClose();
            default -> mine.close();
        }
        abandon();
    }

    private static void cancelOnTheWay(WireClient leaving) {
        try {
            leaving.cancel();
        } catch (IOException cutOff) {
            // It leaves all the same.
        }
    }

    private void check(Exchange exchange) throws IOException, Mismatch {
        WireClient mine = connection();
        byte[] bytes = exchange.bytes();
        if (bytes.length > 0) {
            mine.send(bytes);
        }
        for (Exchange.Expectation expectation : exchange.expected()) {
            BackendMessage message = next();
            boolean isMet;
            try {
                isMet = expectation.isMet().test(message);
            } catch (RuntimeException malformed) {
                isMet = false;
            }
            if (!isMet) {
                throw new Mismatch("expected " + expectation.what() + ", got " + message);
            }
            if (message.is('E')) {
                ledger.countError(message.sqlState());
            }
        }
    }

    /** The next message that is not a ParameterStatus; one that tells another client's settings is a mismatch. */
    private BackendMessage next() throws IOException, Mismatch {
        while (true) {
            BackendMessage message = connection().readMessage();
            remember(message);
            if (message.is('S')) {
                checkParameter(message);
            } else if (message.is('E') && message.isFatal()) {
                checkEnd();
                throw new Told(message);
            } else if (!isWarningOfTheEnd(message)) {
                return message;
            }
        }
    }

    /** A FATAL error is the last that is said. */
    private void checkEnd() throws Mismatch {
        List<BackendMessage> more;
        try {
            more = connection().readUntilClosed();
        } catch (SocketTimeoutException silence) {
            throw new Mismatch("the connection is still open after a FATAL error");
        } catch (IOException reset) {
            return;
        }
        if (!more.isEmpty()) {
            throw new Mismatch("after a FATAL error came " + more);
        }
    }

    /** PostgreSQL's last words where it stops at once are a notice. */
    private static boolean isWarningOfTheEnd(BackendMessage message) {
        return message.is('N') && TOLD.matcher(message.sqlState()).matches();
    }

    private void checkParameter(BackendMessage status) throws Mismatch {
        List<String> pair = status.strings();
        String mine = workload.parameters().get(pair.get(0));
        if (mine != null && !mine.equals(pair.get(1))) {
            throw new Mismatch("told of another's setting, mine is '" + mine + "': " + status);
        }
    }

    private WireClient connection() throws IOException, Mismatch {
        WireClient mine = connection;
        if (mine == null) {
            mine = WireClient.connect(settings.target(), workload.parameters(), settings.replyTimeout());
            connection = mine;
            recent.clear();
            for (String name : List.of("TimeZone", "application_name")) {
                String told = mine.parameterStatus().get(name);
                if (!Objects.equals(told, workload.parameters().get(name))) {
                    throw new Mismatch("logged in with another's " + name + ": " + told);
                }
            }
        }
        return mine;
    }

    private void leave() {
        try {
            if (connection != null) {
                connection.terminate();
                connection = null;
            }
        } catch (IOException alreadyGone) {
            abandon();
        }
    }

    private void abandon() {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (IOException alreadyGone) {
            // Closed as far as it can be.
        }
        connection = null;
    }

    private void remember(BackendMessage message) {
        if (recent.size() == REMEMBERED_MESSAGES) {
            recent.removeFirst();
        }
        recent.addLast(message);
    }

    private String describe(@Nullable String what) {
        return "client %d: %s\n    its last messages:\n      %s"
                .formatted(
                        number,
                        what,
                        recent.stream()
                                .map(message -> message.trace().replace("\n", "\n      "))
                                .map(line -> line.length() > 200 ? line.substring(0, 200) + "…" : line)
                                .collect(Collectors.joining("\n      ")));
    }

    /** A FATAL error has come. */
    private static final class Told extends IOException {
        private static final long serialVersionUID = 1L;
        private final transient BackendMessage error;

        Told(BackendMessage error) {
            super("the server said " + error);
            this.error = error;
        }
    }

    private static final class Mismatch extends Exception {
        private static final long serialVersionUID = 1L;

        Mismatch(String what) {
            super(what);
        }
    }
}
