package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.session.ReplyQueue.Disposition;
import dev.spillway.core.session.ReplyQueue.Kind;
import dev.spillway.core.session.ReplyQueue.Verdict;
import dev.spillway.core.session.prepared.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Layer (d): random pipelines against a small model of PostgresMain(); the seed is in the failure's text. */
class ReplyQueuePropertyTest {
    private static final int PIPELINES = 500;

    @RepeatedTest(20)
    void everyReplyGoesToTheMessageItAnswers(RepetitionInfo repetition) {
        for (int i = 0; i < PIPELINES; i++) {
            long seed = repetition.getCurrentRepetition() * 1_000_003L + i;
            try {
                new Run(new Random(seed), true).run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    @RepeatedTest(20)
    void clientSeesWhatItWouldSeeOnAConnectionOfItsOwn(RepetitionInfo repetition) {
        for (int i = 0; i < PIPELINES; i++) {
            long seed = repetition.getCurrentRepetition() * 1_000_003L + i;
            try {
                Run run = new Run(new Random(seed), false);
                run.run();
                Server direct = new Server(new ArrayDeque<>());
                direct.input.addAll(run.script);
                while (direct.canStep()) {
                    direct.step();
                }
                assertThat(run.seen).as("script %s", run.script).isEqualTo(direct.expected);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private enum Effect {
        WORK,
        FAIL,
        BEGIN,
        ROLLBACK,
        EMPTY,
        COPY,
        TWO_COPIES,
        /** A COPY that is announced and fails before it has read anything. */
        REFUSED_COPY
    }

    private record Message(int id, Kind kind, Disposition disposition, Effect effect) {}

    /** A step that remembers what it has heard. */
    private static final class Recorder extends Step {
        private final Message message;
        private int answered;
        private int dropped;

        Recorder(Message message) {
            this.message = message;
        }

        @Override
        public void answered() {
            answered++;
        }

        @Override
        public void dropped() {
            dropped++;
        }

        void check(Server server, List<Message> script) {
            if (message.kind == Kind.SYNC || message.kind == Kind.QUERY || message.kind == Kind.FUNCTION_CALL) {
                return; // answered by ReadyForQuery, or swallowed
            }
            assertThat(answered + dropped).as("%s, script %s", message, script).isOne();
            if (message.disposition != Disposition.FAKE && (message.kind == Kind.PARSE || message.kind == Kind.CLOSE)) {
                assertThat(answered == 1)
                        .as("%s, script %s", message, script)
                        .isEqualTo(server.succeeded.contains(message.id));
            }
        }
    }

    /** What the server says, and whether a directly connected client would have seen it. */
    private record Reply(Message to, byte type, char status, boolean visible) {}

    private static final class Run {
        private final Random random;
        private final List<Message> script = new ArrayList<>();
        private final Queue<Reply> wire = new ArrayDeque<>();
        private final List<String> seen = new ArrayList<>();
        private final Server server = new Server(wire);
        private final ReplyQueue queue = new ReplyQueue(new ReplyQueue.Fakes() {
            @Override
            public void answer(Kind kind) {
                seen.add("fake " + kind);
            }

            @Override
            public void refuse() {
                seen.add("25P02");
            }
        });

        private final boolean hasSkips;
        private final List<Recorder> steps = new ArrayList<>();

        Run(Random random, boolean hasSkips) {
            this.random = random;
            this.hasSkips = hasSkips;
        }

        void run() {
            writeScript();
            int sent = 0;
            int turns = 0;
            while (sent < script.size() || server.canStep() || !wire.isEmpty()) {
                assertThat(++turns).as("%s, sent %s of %s", queue, sent, script).isLessThan(10_000);
                int turn = random.nextInt(3);
                if (turn == 0 && sent < script.size() && !queue.mustWait(script.get(sent).kind)) {
                    send(script.get(sent++));
                } else if (turn == 1) {
                    server.step();
                } else if (turn == 2) {
                    deliver();
                }
            }
            assertThat(queue.needsSync()).as("%s, script %s", queue, script).isFalse();
            assertThat(queue.isEmpty()).as("%s, script %s", queue, script).isTrue();
            assertThat(queue.hasSyncsInCopy()).isFalse();
            assertThat(queue.isReadingCopyData()).isFalse();
            assertThat(seen).as("script %s", script).isEqualTo(server.expected);
            steps.forEach(step -> step.check(server, script));
        }

        private void probe() {
            if (queue.mustProbe()) {
                if (queue.addProbe()) {
                    server.input.add(new Message(-1, Kind.SYNC, Disposition.SKIP, Effect.WORK));
                }
                server.input.add(new Message(-2, Kind.QUERY, Disposition.SKIP, Effect.EMPTY));
            }
        }

        private void send(Message message) {
            Recorder step = queue.isDiscarding() ? null : new Recorder(message);
            if (step != null && !message.kind.belongsToCopy() && !queue.isReadingCopyData()) {
                steps.add(step);
            }
            if (queue.add(message.kind, message.disposition, step)) {
                server.input.add(message);
            }
        }

        private void deliver() {
            Reply reply = wire.poll();
            if (reply == null) {
                return;
            }
            boolean isProbed = queue.mustWait(Kind.SYNC) && reply.type == BackendType.READY_FOR_QUERY;
            Verdict verdict = switch (reply.type) {
                case BackendType.ERROR_RESPONSE -> queue.onError();
                case BackendType.READY_FOR_QUERY -> queue.onReadyForQuery((byte) reply.status);
                default -> queue.onReply(reply.type);
            };
            // Of the ReadyForQuery of a Sync that a COPY has not read and that of the probe's Sync either may be
            // dropped.
            Verdict wanted = isProbed ? verdict : reply.visible ? Verdict.FORWARD : Verdict.DROP;
            assertThat(verdict)
                    .as("%s with %s, script %s", reply, queue, script)
                    .isNotEqualTo(Verdict.VIOLATION)
                    .isEqualTo(wanted);
            if (verdict == Verdict.FORWARD) {
                seen.add(text(reply));
            }
            queue.pump();
            probe();
        }

        // ---- the client ------------------------------------------------------------------------------------------

        private void writeScript() {
            int groups = 1 + random.nextInt(6);
            for (int i = 0; i < groups; i++) {
                if (random.nextInt(3) == 0) {
                    say(Kind.QUERY, someDisposition(), simpleEffect(true));
                } else if (random.nextInt(5) == 0) {
                    copyByQuery();
                } else if (random.nextInt(8) == 0) {
                    say(Kind.FUNCTION_CALL, Disposition.FORWARD, workOrFail());
                } else {
                    extendedGroup();
                }
                if (random.nextInt(6) == 0) {
                    say(Kind.COPY_DATA, Disposition.FORWARD, Effect.WORK);
                }
                if (random.nextInt(9) == 0) {
                    copyRows();
                }
            }
            say(Kind.SYNC, Disposition.FORWARD, Effect.WORK);
        }

        private void extendedGroup() {
            boolean fakeSeen = false;
            int messages = random.nextInt(7);
            for (int i = 0; i < messages; i++) {
                switch (random.nextInt(8)) {
                    case 0 -> fakeSeen |= sayFakeable(Kind.PARSE);
                    case 1 -> fakeSeen |= sayFakeable(Kind.CLOSE);
                    case 2 -> fakeSeen |= sayFakeable(Kind.DESCRIBE_STATEMENT);
                    case 3 -> say(Kind.BIND, Disposition.FORWARD, workOrFail());
                    case 4 -> say(Kind.DESCRIBE_PORTAL, Disposition.FORWARD, workOrFail());
                    case 5 -> say(Kind.EXECUTE, Disposition.FORWARD, simpleEffect(!fakeSeen));
                    case 6 -> copyByExecute();
                    default -> {
                        if (random.nextBoolean()) {
                            say(Kind.QUERY, someDisposition(), workOrFail());
                        }
                    }
                }
            }
            say(Kind.SYNC, someDisposition(), workOrFail());
        }

        private boolean sayFakeable(Kind kind) {
            Disposition any = Disposition.ALL[random.nextInt(Disposition.ALL.length)];
            Disposition disposition = any == Disposition.FAKE || hasSkips ? any : Disposition.FORWARD;
            say(kind, disposition, workOrFail());
            return disposition == Disposition.FAKE;
        }

        private void copyByExecute() {
            say(Kind.EXECUTE, Disposition.FORWARD, random.nextInt(5) == 0 ? Effect.REFUSED_COPY : Effect.COPY);
            copyRows();
        }

        private void copyByQuery() {
            boolean two = random.nextBoolean();
            Effect one = random.nextInt(5) == 0 ? Effect.REFUSED_COPY : Effect.COPY;
            say(Kind.QUERY, Disposition.FORWARD, two ? Effect.TWO_COPIES : one);
            copyRows();
            if (two) {
                copyRows();
            }
        }

        private void copyRows() {
            for (int i = random.nextInt(7); i > 0; i--) {
                if (random.nextBoolean()) {
                    say(Kind.SYNC, Disposition.FORWARD, Effect.WORK);
                } else {
                    say(Kind.COPY_DATA, Disposition.FORWARD, workOrFail());
                }
            }
            say(Kind.COPY_END, Disposition.FORWARD, workOrFail());
        }

        private void say(Kind kind, Disposition disposition, Effect effect) {
            script.add(new Message(script.size(), kind, disposition, effect));
        }

        private Disposition someDisposition() {
            return hasSkips && random.nextInt(4) == 0 ? Disposition.SKIP : Disposition.FORWARD;
        }

        private Effect workOrFail() {
            return random.nextInt(6) == 0 ? Effect.FAIL : Effect.WORK;
        }

        private Effect simpleEffect(boolean mayRollback) {
            return switch (random.nextInt(mayRollback ? 7 : 6)) {
                case 0 -> Effect.FAIL;
                case 1, 2 -> Effect.BEGIN;
                case 3 -> Effect.EMPTY;
                case 6 -> Effect.ROLLBACK;
                default -> Effect.WORK;
            };
        }
    }

    private static String text(Reply reply) {
        return reply.type == BackendType.READY_FOR_QUERY
                ? "Z" + reply.status
                : (char) reply.type + " to " + reply.to.id;
    }

    /**
     * PostgresMain(), as far as replies go. Fakes lie in its input where the client sent them: it does not answer them,
     * but notes what a client of a real server would have seen.
     */
    private static final class Server {
        final Queue<Message> input = new ArrayDeque<>();
        final List<String> expected = new ArrayList<>();
        /** Parse and Close that worked. */
        final Set<Integer> succeeded = new HashSet<>();

        private final Queue<Reply> output;
        private boolean ignoreTillSync;
        /** Is there an implicit transaction, which can fail at its Sync? */
        private boolean isOpen;

        private boolean refusedTillSync;
        private char status = 'I';
        private @Nullable Message copy;
        private int copiesLeft;

        Server(Queue<Reply> output) {
            this.output = output;
        }

        boolean canStep() {
            return !input.isEmpty();
        }

        void step() {
            Message message = input.poll();
            if (message == null) {
                return;
            }
            if (copy != null) {
                copyStep(copy, message);
            } else if (message.kind == Kind.SYNC) {
                sync(message);
            } else if (message.disposition == Disposition.FAKE) {
                fake(message);
            } else if (!ignoreTillSync && !message.kind.belongsToCopy()) {
                work(message);
            }
        }

        private void sync(Message message) {
            ignoreTillSync = false;
            refusedTillSync = false;
            if (message.effect == Effect.FAIL && status == 'I' && isOpen) {
                reply(message, BackendType.ERROR_RESPONSE);
            }
            isOpen = false;
            reply(message, BackendType.READY_FOR_QUERY);
        }

        private void fake(Message message) {
            if (ignoreTillSync || refusedTillSync) {
                return;
            }
            if (status == 'E' && message.kind != Kind.CLOSE) {
                expected.add("25P02");
                refusedTillSync = true;
            } else {
                expected.add("fake " + message.kind);
            }
        }

        private void work(Message message) {
            boolean worksInFailed = message.kind == Kind.CLOSE
                    || message.effect == Effect.ROLLBACK
                    || message.effect == Effect.EMPTY
                    || (message.kind != Kind.QUERY
                            && message.kind != Kind.EXECUTE
                            && message.kind != Kind.FUNCTION_CALL
                            && message.id % 2 == 0);
            if (message.effect == Effect.FAIL || (status == 'E' && !worksInFailed)) {
                fail(message);
                return;
            }
            isOpen = !message.kind.endsWithReady();
            switch (message.kind) {
                case PARSE -> reply(message, BackendType.PARSE_COMPLETE);
                case BIND -> reply(message, BackendType.BIND_COMPLETE);
                case CLOSE -> reply(message, BackendType.CLOSE_COMPLETE);
                case DESCRIBE_PORTAL -> reply(message, BackendType.NO_DATA);
                case DESCRIBE_STATEMENT -> {
                    reply(message, BackendType.PARAMETER_DESCRIPTION);
                    reply(message, message.id % 3 == 0 ? BackendType.NO_DATA : BackendType.ROW_DESCRIPTION);
                }
                case FUNCTION_CALL -> {
                    reply(message, BackendType.FUNCTION_CALL_RESPONSE);
                    reply(message, BackendType.READY_FOR_QUERY);
                }
                default -> statement(message);
            }
        }

        private void statement(Message message) {
            switch (message.effect) {
                case COPY, TWO_COPIES -> {
                    copiesLeft = message.effect == Effect.COPY ? 1 : 2;
                    copy = message;
                    reply(message, BackendType.COPY_IN_RESPONSE);
                    return;
                }
                case REFUSED_COPY -> {
                    reply(message, BackendType.COPY_IN_RESPONSE);
                    fail(message);
                    return;
                }
                case BEGIN -> status = 'T';
                case ROLLBACK -> status = 'I';
                case WORK, FAIL, EMPTY -> {}
            }
            if (message.effect == Effect.WORK) {
                reply(message, BackendType.DATA_ROW);
            }
            finish(message, message.effect == Effect.EMPTY);
        }

        private void finish(Message message, boolean empty) {
            reply(message, empty ? BackendType.EMPTY_QUERY_RESPONSE : BackendType.COMMAND_COMPLETE);
            if (message.kind == Kind.QUERY) {
                reply(message, BackendType.READY_FOR_QUERY);
            }
        }

        /** CopyGetData(): Sync is swallowed, a bad row or CopyFail is the error of the COPY's message. */
        private void copyStep(Message copying, Message message) {
            if (message.kind == Kind.SYNC) {
                return;
            }
            assertThat(message.kind.belongsToCopy())
                    .as("the client sent %s in COPY", message)
                    .isTrue();
            if (message.effect == Effect.FAIL) {
                copy = null;
                fail(copying);
            } else if (message.kind == Kind.COPY_END) {
                copiesLeft--;
                if (copiesLeft > 0) {
                    reply(copying, BackendType.COMMAND_COMPLETE);
                    reply(copying, BackendType.COPY_IN_RESPONSE);
                } else {
                    copy = null;
                    finish(copying, false);
                }
            }
        }

        private void fail(Message message) {
            status = status == 'I' ? 'I' : 'E';
            isOpen = false;
            reply(message, BackendType.ERROR_RESPONSE);
            if (message.kind.endsWithReady()) {
                reply(message, BackendType.READY_FOR_QUERY);
            } else {
                ignoreTillSync = true;
            }
        }

        private void reply(Message message, byte type) {
            boolean isClients = message.disposition == Disposition.FORWARD
                    || (message.disposition == Disposition.AHEAD && type == BackendType.ERROR_RESPONSE);
            boolean visible = isClients && !refusedTillSync;
            if (type == BackendType.PARSE_COMPLETE || type == BackendType.CLOSE_COMPLETE) {
                succeeded.add(message.id);
            }
            Reply reply = new Reply(message, type, status, visible);
            output.add(reply);
            if (visible) {
                expected.add(text(reply));
            }
        }
    }
}
