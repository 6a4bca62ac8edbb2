package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.session.state.Snapshot;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which transactions the log hears of, and what it is told. */
class SlowTransactionTest {
    private static final Duration LIMIT = Duration.ofSeconds(3);

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "one that takes as long            | open >Q +3s <T,D,C,Z                        | 3000 ms, waited 0"
                        + " ms",
                "one that is faster                | open >Q +2s <T,D,C,Z                        | ''",
                "the whole of it counts            | open >begin +2s <C,ZT >Q +2s <T,D,C,Z       | 4000 ms, waited 0"
                        + " ms",
                "no line before its end            | open >begin +4s <C,ZT                       | ''",
                "nor for each of two fast ones     | open >Q +2s <T,D,C,Z >Q +2s <T,D,C,Z        | ''",
                "to wait is not to take            | >Q +4s open +2s <T,D,C,Z                    | ''",
                "but is told of                    | >Q +4s open +5s <T,D,C,Z                    | 5000 ms, waited"
                        + " 4000 ms",
                "not of the next                   | >Q +4s open <T,D,C,Z >Q +5s <T,D,C,Z        | 5000 ms, waited 0"
                        + " ms",
                "nor where the waiting was ended   | >Q +4s cancel open >Q +5s <T,D,C,Z          | 5000 ms, waited 0"
                        + " ms",
                "one that fails                    | open >Q +4s <err,Z                          | 4000 ms, waited 0"
                        + " ms",
            })
    void toldWhenItEnds(String name, String events, String expected) {
        assertThat(linesOf(PoolMode.TRANSACTION, new SlowRule(LIMIT.toNanos(), false), events))
                .isEqualTo(expected.isEmpty() ? List.of() : List.of(expected));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "the longest                       | open >begin +1s <C,ZT >Q +2s <T,D,C,ZT >commit +1s <C,Z | select"
                        + " 1",
                "all that was sent together        | open >begin,Q +4s <C,ZT,T,D,C,ZT >commit <C,Z | begin; select 1",
                "once what is sent twice           | open >P,B,E,P,B,E,S +4s <1,2,C,1,2,C,Z | select 1",
                "the next has its own              | open >begin +4s <C,ZT >commit <C,Z >Q +4s <T,D,C,Z | begin -"
                        + " select 1",
                "a group that sends nothing new    | open >S >H                                  | ''",
            })
    void withItsTextWhereThatIsWanted(String name, String events, String expected) {
        List<String> lines = linesOf(PoolMode.TRANSACTION, new SlowRule(LIMIT.toNanos(), true), events);
        assertThat(lines.stream().map(line -> line.split(": ", 2)[1]))
                .isEqualTo(expected.isEmpty() ? List.of() : List.of(expected.split(" - ", -1)));
    }

    @Test
    void aSessionIsToldOfEachOfItsTransactions() {
        assertThat(linesOf(
                        PoolMode.SESSION,
                        new SlowRule(LIMIT.toNanos(), false),
                        ">Q +4s open +3s <T,D,C,Z +9s >Q +2s <T,D,C,Z +9s >begin <C,ZT +6s >Q <T,D,C,ZT >commit <C,Z"))
                .containsExactly("3000 ms, waited 4000 ms", "6000 ms, waited 0 ms");
    }

    @Test
    void noneWithoutTheSetting() {
        assertThat(linesOf(PoolMode.TRANSACTION, SlowRule.NONE, "open >Q +90s <T,D,C,Z"))
                .isEmpty();
    }

    @Test
    void longTextsAreCutAndStayInOneLine() {
        String text = StatementTexts.oneLine("select\n\t 'a\r\n b'" + " ".repeat(3) + "x".repeat(5000));
        assertThat(text).startsWith("select 'a b' xxx").hasSizeLessThanOrEqualTo(StatementTexts.LIMIT_CHARS);
    }

    private static List<String> linesOf(PoolMode mode, SlowRule rule, String events) {
        Scene scene = new Scene(mode, Snapshot.NEUTRAL);
        scene.tellOf(rule);
        scene.play(events);
        scene.end();
        String prefix = "client slow db/user@client:1: ";
        return scene.ports.log.lines().stream()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()))
                .toList();
    }
}
