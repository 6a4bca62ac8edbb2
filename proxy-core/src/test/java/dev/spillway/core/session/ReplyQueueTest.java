package dev.spillway.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.session.ReplyQueue.Disposition;
import dev.spillway.core.session.ReplyQueue.Kind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Layer (c): what is sent and what comes back, word by word. {@code >X} sends (Q, S sync, P, B, E, C close, d, c of a
 * COPY), followed by {@code s} skipped or {@code f} faked; {@code ?} a probe is asked for and sent; {@code <X} receives a type,
 * {@code <ZE} in a failed transaction; {@code !} abandons. The outcome has F, D or V for each reply, {@code -} for what must not
 * be sent, {@code wait} for what the client keeps back, fakes by name.
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
                ">E <G >S                   | F            | needsSync copy syncs",
                ">E <G >d >S >c <C >S <Z    | F F F        | empty",
                ">Q <G >S >c <C <G >c <C <Z | F F F F F    | empty",
                ">E >S <G <E ? <Z <Z <I <Z  | F F D F D D  | empty",
                ">E >S <G <E ? <Z <I <Z     | F F D D D    | empty needsSync",
                ">E >S <G <E ? <Z <I <Z >P >S <Z | F F D D D - F | empty",
                ">E >S <G <E ? <Z <Z <I <Z >P >S <1 <Z | F F D F D D F F | empty",
                ">E <G >S >S >c >S <E ? <Z <Z <I <Z | F F F F D D | empty",
                ">E <G >S >c <E ? <Z <Z <Z  | F F D F V    | probing",
                ">E <G >S <E ? <Z <E <Z     | F F D D D    | empty needsSync",
                ">E <G >S <E ? ! <Z <I <Z   | F F D D D    | empty",
                ">Q <G >S >S <E ? <Z <Z <I <Z | F F F F D D | empty",
                ">Q >d                      | wait         |",
                ">Q <G >d >c >d             | F wait       |",
                ">E >S <G >c >S >P          | F wait       | syncs",
                ">E <G >S <E ? >S           | F F wait     | syncs probing",
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
            } else if (event.equals("?")) {
                assertThat(queue.mustProbe()).isTrue();
                queue.addProbe();
            } else if (event.charAt(0) == '>') {
                if (disposition(event) == Disposition.FORWARD && queue.mustWait(kind(event.charAt(1)))) {
                    seen.add("wait");
                } else if (!queue.add(kind(event.charAt(1)), disposition(event))) {
                    seen.add("-");
                }
            } else {
                seen.add(receive(queue, event).name().substring(0, 1));
                queue.pump();
            }
        }
        assertThat(String.join(" ", seen)).isEqualTo(outcome == null ? "" : outcome);
        assertThat(state(queue)).isEqualTo(state == null ? "" : state);
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
            case 'd' -> Kind.COPY_DATA;
            default -> Kind.COPY_END;
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
        if (queue.hasSyncsInCopy()) {
            state.add("syncs");
        }
        if (queue.mustWait(Kind.SYNC)) {
            state.add("probing");
        }
        return String.join(" ", state);
    }
}
