package dev.spillway.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Programs have one answer however they are cut, and a comparison notices any other. */
class DirectComparisonIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int PROGRAMS = Integer.getInteger("spillway.test.programs", 1500);
    private static final int MAX_UNITS = 14;

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    @BeforeAll
    static void createSchema() {
        PostgresFixture.shared().execute(PipelineProgram.schema());
    }

    @Test
    void programsHaveOneAnswerHoweverTheyAreCut() throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(direct, new ChaosPlan(seed, 500, 1, 2, 0, 0));
                DirectComparison comparison = new DirectComparison(direct, direct.withPort(relay.port()), LIMIT)) {
            for (int i = 0; i < PROGRAMS; i++) {
                comparison.assertSame(PipelineProgram.random(seed * 1_000_000 + i, 1, MAX_UNITS));
            }
        }
    }

    @Test
    void programsReachEveryCornerOfTheProtocol() throws IOException {
        Set<String> seen = new TreeSet<>();
        try (WireClient client = WireClient.connect(direct)) {
            for (int i = 0; i < 400; i++) {
                PipelineProgram program = PipelineProgram.random(i, 2, MAX_UNITS);
                client.send(Messages.join(program.messages()));
                boolean isLastWord = false;
                BackendMessage message;
                do {
                    message = client.readMessage();
                    seen.add(message.is('E') ? message.sqlState() : String.valueOf(message.type()));
                    seen.add(message.is('Z') ? "Z" + message.status() : "");
                    isLastWord |= message.is('D') && message.column().equals(program.lastWord());
                } while (!(isLastWord && message.is('Z')));
            }
        }
        assertThat(seen)
                .contains("1", "2", "3", "C", "D", "G", "H", "I", "N", "T", "V", "c", "d", "n", "s", "t")
                .contains("ZI", "ZT", "ZE")
                .contains("22012", "42601", "23505", "25P02", "57014", "22P02", "26000", "34000", "2D000", "25P01");
    }

    @Test
    void nothingIsLeftBehind() throws IOException {
        try (DirectComparison comparison = new DirectComparison(direct, direct, LIMIT)) {
            for (int i = 0; i < 50; i++) {
                comparison.assertSame(PipelineProgram.random(seed + i, 3, MAX_UNITS));
            }
        }
        String mine = "id between %d and %d".formatted(PipelineUnits.firstId(3), PipelineUnits.lastId(3));
        for (String table : Set.of("pipe_t", "pipe_d")) {
            assertThat(PostgresFixture.shared().queryOne("select count(*) from " + table + " where " + mine))
                    .isEqualTo("0");
        }
    }

    @Test
    void droppedDoubledOrAlteredMessageIsADifference() throws IOException {
        assertDiffers(() -> BackendEdit.dropOnce(message -> message.is('C')), "first difference");
        assertDiffers(() -> BackendEdit.doubleOnce(message -> message.is('C')), "first difference");
        assertDiffers(
                () -> BackendEdit.alterOnce(
                        message -> message.is('Z') && message.status() == 'I',
                        message -> new BackendMessage((byte) 'Z', new byte[] {'T'})),
                "first difference");
        assertDiffers(
                () -> BackendEdit.alterOnce(message -> message.is('E'), DirectComparisonIT::otherText),
                "ErrorResponse");
    }

    @Test
    void answerThatNeverComesIsReportedWithTheProgram() throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.calm());
                DirectComparison comparison =
                        new DirectComparison(direct, direct.withPort(relay.port()), Duration.ofMillis(500))) {
            comparison.assertSame(PipelineProgram.random(1, 4, 1));
            relay.pause();
            assertThatThrownBy(() -> comparison.assertSame(PipelineProgram.random(2, 4, 1)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("found by seed 2")
                    .hasMessageContaining("SocketTimeoutException");
            relay.resume();
        }
    }

    /**
     * The fault strikes once in a program, so it shows in the full one, and the cut-down one is reported as found. It may strike one that
     * is not compared, for PostgreSQL itself has failed in it; so the next one has it, too.
     */
    private void assertDiffers(Supplier<BackendEdit> fault, String detail) throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.calm());
                DirectComparison comparison = new DirectComparison(direct, direct.withPort(relay.port()), LIMIT)) {
            comparison.assertSame(PipelineProgram.random(seed, 5, 1)); // logs in, so that the fault hits a program
            Random seeds = new Random(seed);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 100; i++) {
                            relay.edit(fault.get());
                            comparison.assertSame(PipelineProgram.random(seeds.nextLong(), 5, MAX_UNITS));
                        }
                    })
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("answers differ, found by seed")
                    .hasMessageContaining(detail);
        }
    }

    private static BackendMessage otherText(BackendMessage error) {
        byte[] body = error.body();
        body[1] ^= 1; // the severity
        return new BackendMessage((byte) 'E', body);
    }
}
