package dev.spillway.server.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.testkit.LogTap;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whoever can cause lines at will fills no disk, and hides nobody else's. */
class LimitedLinesTest {
    private static final int PER_SECOND = 10;

    private long nowMillis = 1_000_000;
    private final List<Runnable> due = new ArrayList<>();
    private final LimitedLines lines = new LimitedLines(() -> nowMillis, due::add);

    private long passed(int times, String event, String peer) {
        return IntStream.range(0, times)
                .filter(i -> lines.ofPeer(event, peer + ":" + (1000 + i)))
                .count();
    }

    private void passSecond() {
        nowMillis += 1000;
        List<Runnable> now = List.copyOf(due);
        due.clear();
        now.forEach(Runnable::run);
    }

    @Test
    void ofEachCauseSoManyASecondAndTheRestIsCounted() {
        try (LogTap log = new LogTap()) {
            assertThat(passed(100, "login failed", "10.0.0.1")).isEqualTo(PER_SECOND);
            assertThat(passed(3, "login failed", "10.0.0.2")).isEqualTo(3);
            assertThat(passed(3, "protocol broken", "10.0.0.1")).isEqualTo(3);
            assertThat(due).hasSize(1);
            assertThat(log.lines()).isEmpty();

            passSecond();
            assertThat(log.lines()).containsExactly("lines dropped count=90: login failed 10.0.0.1");
            assertThat(passed(11, "login failed", "10.0.0.1")).isEqualTo(PER_SECOND);
            passSecond();
            assertThat(log.lines()).last().isEqualTo("lines dropped count=1: login failed 10.0.0.1");
            passSecond();
            assertThat(log.lines()).hasSize(2);
        }
    }

    @Test
    void whoComesFromEverywhereIsLimitedAllTheSame() {
        try (LogTap log = new LogTap()) {
            long passed = IntStream.range(0, 5000)
                    .filter(i -> lines.ofPeer("login failed", "10.0." + i / 256 + "." + i % 256 + ":1"))
                    .count();
            assertThat(passed).isEqualTo(1000 + PER_SECOND);
            passSecond();
            assertThat(log.lines()).containsExactly("lines dropped count=3990: of many causes");
            // those who are silent now make room
            assertThat(passed(PER_SECOND + 5, "login failed", "192.0.2.1")).isEqualTo(PER_SECOND);
            passSecond();
            assertThat(log.lines()).last().isEqualTo("lines dropped count=5: login failed 192.0.2.1");
        }
    }

    @Test
    void namesBreakNoLine() {
        try (LogTap log = new LogTap()) {
            IntStream.range(0, PER_SECOND + 1).forEach(i -> lines.pass("server not reached", "a\nb c"));
            passSecond();
            assertThat(log.lines()).containsExactly("lines dropped count=1: server not reached a_b_c");
        }
    }
}
