package dev.spillway.server.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.server.top.Line.Look;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is shown of two moments that lie five seconds apart. */
class FrameTest {
    private final Moments moments = new Moments();

    @Test
    void wholePictureIsEightyColumnsWide() throws Exception {
        look();

        List<Line> lines = frame(Order.WAITING, 80, 0).lines();

        assertThat(lines)
                .extracting(line -> line.text().stripTrailing())
                .containsExactlyElementsOf(file("expected.txt").lines().toList());
        assertThat(lines)
                .allSatisfy(line -> assertThat(Words.columns(line.text())).isLessThanOrEqualTo(80));
    }

    @Test
    void worstIsSaidFirstAndNotByColourAlone() throws Exception {
        look();

        assertThat(Findings.of(moments.now()))
                .extracting(Line::look)
                .containsExactly(Look.BAD, Look.BAD, Look.DOUBTFUL, Look.DOUBTFUL);
        assertThat(Findings.of(StatusText.read(file("before.json"))))
                .containsExactly(new Line("All is well: nobody waits.", Look.GOOD));
    }

    @Test
    void oneMomentSaysNothingOfWork() throws Exception {
        moments.add(StatusText.read(file("after.json")));

        assertThat(frame(Order.WAITING, 80, 0).lines())
                .extracting(Line::text)
                .anyMatch(line -> line.equals("Work     is known in a moment"))
                .anyMatch(line -> line.matches("shop +web .* -     -     -     -     -"));
    }

    @Test
    void whatWasBeforeARestartIsForgotten() throws Exception {
        look();
        String text = file("after.json").replaceAll("\"uptime\": [0-9.]+", "\"uptime\": 2.0");

        moments.add(StatusText.read(text.replace("\"time\": 1700000005.0", "\"time\": 1700000006.0")));

        assertThat(moments.of("shop").isKnown()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Order.class)
    void eachKeySortsByItsColumn(Order order) throws Exception {
        look();

        List<String> names = frame(order, 120, 0).lines().stream()
                .map(Line::text)
                .filter(line -> line.matches("(shop|ledger|a_data).*\\d/\\d.*"))
                .map(line -> line.replaceFirst("\\S+ +(\\S+).*", "$1"))
                .toList();

        assertThat(names)
                .isEqualTo(
                        switch (order) {
                            case DATABASE -> List.of("its_long_user", "acc", "web", "batch");
                            case USER -> List.of("acc", "batch", "its_long_user", "web");
                            case CLIENTS, WAITING, OLDEST -> List.of("web", "acc", "batch", "its_long_user");
                            case SERVERS -> List.of("web", "batch", "its_long_user", "acc");
                            case TRANSACTIONS, TRANSACTION_TIME -> List.of("web", "batch", "its_long_user", "acc");
                            case WAIT_TIME -> List.of("web", "batch", "acc", "its_long_user");
                        });
        assertThat(frame(order, 120, 0).lines())
                .extracting(Line::text)
                .filteredOn(line -> line.contains("*"))
                .hasSize(1);
    }

    @Test
    void keysAreLettersInEitherCase() {
        assertThat(Order.of('w')).contains(Order.WAITING);
        assertThat(Order.of('W')).contains(Order.WAITING);
        assertThat(Order.of('z')).isEmpty();
        assertThat(Order.of(-2)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 10, 15, 20, 24, 50})
    void fillsATerminalOfAnyHeight(int height) throws Exception {
        look();

        List<Line> lines = frame(Order.WAITING, 80, height).lines();

        assertThat(lines).hasSize(height);
        assertThat(lines.getLast().text()).contains("q: quit");
    }

    @Test
    void nothingThatATerminalObeysIsShownAndWideCharactersCountTwice() {
        assertThat(Words.cut("a\u001b[31m\u009b\r\nb", 20)).isEqualTo("a?[31m???b");
        assertThat(Words.fit("\u6771\u4eac\u90fd", 5)).isEqualTo("\u6771\u4eac~");
        assertThat(Words.fit("\u6771\u4eac\u90fd", 4)).isEqualTo("\u6771~ ");
        assertThat(Words.right("12", 4)).isEqualTo("  12");
    }

    @Test
    void longTextIsBrokenBetweenWords() {
        assertThat(Words.wrap("one two three four five", 14, 3))
                .containsExactly("one two three", "        four", "        five");
        assertThat(Words.wrap("one two three four five six", 14, 2)).containsExactly("one two three", "        four ~");
        assertThat(Words.wrap("x".repeat(15), 10, 3)).containsExactly("x".repeat(9), "        x", "        x~");
        assertThat(Words.wrap("short", 10, 3)).containsExactly("short");
    }

    @Test
    void numbersAndTimesTakeFiveColumnsAtMost() {
        for (double number = 0.001; number < 1e12; number *= 1.01) {
            assertThat(Words.count(number)).hasSizeLessThanOrEqualTo(5);
        }
        for (double seconds = 1e-7; seconds < 1e8; seconds *= 1.01) {
            assertThat(Words.time(seconds)).hasSizeLessThanOrEqualTo(5).doesNotStartWith("0");
        }
        assertThat(List.of(Words.time(0), Words.time(0.00034), Words.time(0.0012), Words.time(0.34), Words.time(1.2)))
                .containsExactly("0", "340us", "1.2ms", "340ms", "1.2s");
        assertThat(List.of(Words.time(60), Words.time(600), Words.time(7200), Words.time(864000)))
                .containsExactly("60s", "10min", "2h", "10d");
    }

    @Test
    void otherTextIsRefusedInWords() {
        assertThatThrownBy(() -> StatusText.read("<html>")).hasMessageContaining("that is no admin port");
        assertThatThrownBy(() -> StatusText.read("{}")).hasMessageContaining("that is no admin port");
        assertThatThrownBy(() -> StatusText.read("{\"format\":2,\"version\":\"9.0\"}"))
                .isInstanceOf(NoStatus.class)
                .hasMessageContaining("format 2")
                .hasMessageContaining("Spillway 9.0");
    }

    private void look() throws Exception {
        moments.add(StatusText.read(file("before.json")));
        moments.add(StatusText.read(file("after.json")));
    }

    private Frame frame(Order order, int width, int height) {
        return new Frame(moments, "127.0.0.1:6433", "", order, width, height);
    }

    private static String file(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(FrameTest.class.getResourceAsStream("/top/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
