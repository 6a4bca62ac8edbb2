package dev.spillway.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@link StatementProgram}s: each client on a connection of its own to PostgreSQL and on one through what is under test, and
 * compares the answers message for message. Connections are new for each program. One thread.
 */
public final class StatementComparison {
    private final Endpoint direct;
    private final Endpoint through;
    private final int servers;
    private final Duration limit;

    /** Never more than {@code servers} clients are in a transaction at a time. */
    public StatementComparison(Endpoint direct, Endpoint through, int servers, Duration limit) {
        this.direct = direct;
        this.through = through;
        this.servers = servers;
        this.limit = limit;
    }

    /** Fails unless all answers are the same: with the program cut down as far as it still differs. */
    public void assertSame(StatementProgram program) {
        String difference = difference(program);
        if (difference == null) {
            return;
        }
        StatementProgram smallest = program;
        for (int turn = smallest.turns().size() - 1; turn >= 0; turn--) {
            String stillThere = difference(smallest.without(turn));
            if (stillThere != null) {
                smallest = smallest.without(turn);
                difference = stillThere;
            }
        }
        for (int turn = smallest.turns().size() - 1; turn >= 0; turn--) {
            for (int i = smallest.turns().get(turn).messages().size() - 1; i >= 0; i--) {
                boolean isSync = smallest.turns().get(turn).messages().get(i)[0] == 'S';
                String stillThere = isSync ? null : difference(smallest.without(turn, i));
                if (stillThere != null) {
                    smallest = smallest.without(turn, i);
                    difference = stillThere;
                }
            }
        }
        throw new AssertionError(
                "answers differ in the smallest %s\n%s\nof %s".formatted(smallest, difference, program));
    }

    /** What differs, or null. */
    public @Nullable String difference(StatementProgram program) {
        List<Pair> pairs = new ArrayList<>();
        try {
            for (Map<String, String> startup : program.startups()) {
                pairs.add(new Pair(startup));
            }
            for (StatementProgram.Turn turn : program.turns()) {
                String difference = makeRoom(pairs, turn.client());
                if (difference == null) {
                    difference = pairs.get(turn.client()).play(turn);
                }
                if (difference != null) {
                    return "in\n" + turn + difference;
                }
            }
            return null;
        } catch (IOException e) {
            return e.toString();
        } finally {
            pairs.forEach(Pair::close);
        }
    }

    /** Who is in a transaction has a server: others end theirs where {@code next} could get none. */
    private @Nullable String makeRoom(List<Pair> pairs, int next) throws IOException {
        for (int i = 0; i < pairs.size() && pairs.get(next).status == 'I'; i++) {
            long busy = pairs.stream().filter(pair -> pair.status != 'I').count();
            if (busy >= servers && pairs.get(i).status != 'I') {
                List<byte[]> rollback = List.of(Messages.query("rollback"));
                String difference = pairs.get(i).play(new StatementProgram.Turn(i, rollback, 0));
                if (difference != null) {
                    return difference;
                }
            }
        }
        return null;
    }

    private final class Pair implements Closeable {
        private final WireClient alone;
        private final WireClient pooled;
        private char status = 'I';

        Pair(Map<String, String> startup) throws IOException {
            alone = WireClient.connect(direct, startup, limit);
            pooled = WireClient.connect(through, startup, limit);
        }

        @Nullable
        String play(StatementProgram.Turn turn) throws IOException {
            List<String> expected = answer(alone, turn, "direct");
            List<String> actual = answer(pooled, turn, "through");
            return expected.equals(actual)
                    ? null
                    : "direct:\n   %s\nthrough:\n   %s"
                            .formatted(String.join("\n   ", expected), String.join("\n   ", actual));
        }

        private List<String> answer(WireClient client, StatementProgram.Turn turn, String side) throws IOException {
            List<String> lines = new ArrayList<>();
            try {
                for (byte[] write : turn.writes()) {
                    client.send(write);
                }
                for (long left = turn.groups(); left > 0; ) {
                    BackendMessage message = client.readMessage();
                    if (!message.is('S') && !isWarningOfParse(message)) {
                        lines.add(message.comparable());
                    }
                    if (message.is('Z')) {
                        status = message.status();
                        left--;
                    }
                }
                return lines;
            } catch (IOException e) {
                throw new IOException("%s: %s in\n%s\n   %s".formatted(side, e, turn, String.join("\n   ", lines)), e);
            }
        }

        @Override
        public void close() {
            for (WireClient client : List.of(alone, pooled)) {
                try {
                    client.terminate();
                } catch (IOException alreadyGone) {
                    // Closed as far as it can be.
                }
            }
        }
    }

    /** Of a literal: a statement that is prepared already is not parsed again, so that nobody is warned. */
    private static boolean isWarningOfParse(BackendMessage message) {
        return message.is('N') && "22P06".equals(message.errorField('C'));
    }
}
