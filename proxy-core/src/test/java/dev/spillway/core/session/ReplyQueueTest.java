package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.session.ReplyQueue.Disposition;
import dev.spillway.core.session.ReplyQueue.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Layer (c): what is sent and what comes back, word by word. {@code >X} sends (Q, S sync, P, B, E, C close, d, c marks),
 * followed by {@code s} skipped or {@code f} faked; {@code <X} receives a type, {@code <ZE} in a failed transaction;
 * {@code !} abandons. The outcome has F, D or V for each reply, {@code -} for what must not be sent, fakes by name.
 */
class ReplyQueueTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ">P >Q >S <E <Z             | F F          | empty",
                ">P <E >Q >S <Z             | F F          | empty",
                ">P <E                      | F            | empty needsSync",
                ">S <E <Z                   | F F          | empty",
                ">Q >Q <E <Z <C <Z          | F F F F      | empty",
                ">E >S <G >d >c >S <C <Z    | F F F        | empty",
                ">E >S >d >c >S <G <C <Z    | F F F        | empty",
                ">E >S >d >c >S <E <Z <Z    | F F F        | empty",
                ">E >S <G >d <E >c >S <Z    | F F F        | empty",
                ">E <G >S                   | F -          | needsSync copy",
                ">E >d >S >c >S <G <C <Z    | F F F        | empty doubtful",
                ">Q >d >c >d >c <G <C <G <C <Z | F F F F F  | empty",
                ">Q <G >c <E <Z             | F F F        | empty",
                ">Ps >B >S <1 <2 <Z         | D F F        | empty",
                ">Pf >S <Z                  | PARSE F      | empty",
                ">S <ZE >Pf >B >S <Z        | F 25P02 - F  | empty",
                ">S >Pf >B >S <ZE <E <Z     | F 25P02 D F  | empty",
                ">S <ZE >Cf >S <Z           | F CLOSE F    | empty",
                ">B >Pf ! >Ss <2 <Z         | D D          | empty",
                ">B                         |              | needsSync",
                "<C                         | V            | empty",
                "<Z                         | V            | empty",
                ">P <2                      | V            | needsSync",
                ">P <Z                      | V            | needsSync",
            })
    void repliesGoWhereTheRulesSay(String events, String outcome, String state) {
        List<String> seen = new ArrayList<>();
        ReplyQueue queue = new ReplyQueue(new ReplyQueue.Fakes() {
            @Override
            public void answer(Kind kind) {
                seen.add(kind.name());
            }

            @Override
            public void refuse() {
                seen.add("25P02");
            }
        });
        for (String event : events.split(" ", -1)) {
            if (event.equals("!")) {
                queue.abandon();
            } else if (event.charAt(0) == '>') {
                if (!queue.add(kind(event.charAt(1)), disposition(event))) {
                    seen.add("-");
                }
            } else {
                seen.add(receive(queue, event).name().substring(0, 1));
                queue.pump();
            }
        }
        assertThat(String.join(" ", seen)).isEqualTo(outcome == null ? "" : outcome);
        assertThat(state(queue)).isEqualTo(state);
    }

    private static ReplyQueue.Verdict receive(ReplyQueue queue, String event) {
        return switch (event.charAt(1)) {
            case 'E' -> queue.onError();
            case 'Z' -> queue.onReadyForQuery((byte) (event.endsWith("ZE") ? 'E' : 'I'));
            default -> queue.onReply((byte) event.charAt(1));
        };
    }

    private static Kind kind(char letter) {
        return switch (letter) {
            case 'Q' -> Kind.QUERY;
            case 'S' -> Kind.SYNC;
            case 'P' -> Kind.PARSE;
            case 'B' -> Kind.BIND;
            case 'E' -> Kind.EXECUTE;
            case 'C' -> Kind.CLOSE;
            case 'd' -> Kind.COPY_DATA_MARK;
            default -> Kind.COPY_END_MARK;
        };
    }

    private static Disposition disposition(String event) {
        if (event.length() < 3) {
            return Disposition.FORWARD;
        }
        return event.charAt(2) == 's' ? Disposition.SKIP : Disposition.FAKE;
    }

    private static String state(ReplyQueue queue) {
        List<String> state = new ArrayList<>();
        if (queue.isEmpty()) {
            state.add("empty");
        }
        if (queue.needsSync()) {
            state.add("needsSync");
        }
        if (queue.isReadingCopyData()) {
            state.add("copy");
        }
        if (queue.isDoubtful()) {
            state.add("doubtful");
        }
        return String.join(" ", state);
    }
}
