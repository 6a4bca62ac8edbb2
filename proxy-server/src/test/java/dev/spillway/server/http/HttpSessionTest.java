package dev.spillway.server.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSessionTest {
    private CompletableFuture<Void> pulse = CompletableFuture.completedFuture(null);
    private final EmbeddedChannel channel = new EmbeddedChannel();

    private void open(boolean isCrowded) {
        HttpEntrance.open(channel.pipeline(), new Pages(new StillLife(() -> pulse)), isCrowded);
    }

    @AfterEach
    void nothingIsLeftOver() {
        channel.finishAndReleaseAll();
    }

    private void say(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, ISO_8859_1));
        channel.runPendingTasks();
    }

    private String heard() {
        StringBuilder text = new StringBuilder();
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            text.append(next.toString(ISO_8859_1));
            next.release();
        }
        return text.toString();
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
    }

    @Test
    void requestIsAnsweredWhereverItIsCut() {
        String whole = get("/healthz");
        open(false);
        for (int cut = 1; cut < whole.length(); cut++) {
            say(whole.substring(0, cut));
            assertThat(heard()).isEmpty();
            say(whole.substring(cut));
            assertThat(heard()).startsWith("HTTP/1.1 200 OK").endsWith("\r\n\r\nok\n");
        }
        assertThat(channel.isActive()).isTrue();
    }

    @Test
    void answersComeInOrderThoughTheFirstTakesLonger() {
        pulse = new CompletableFuture<>();
        open(false);
        say(get("/healthz") + get("/nowhere"));
        assertThat(heard()).isEmpty();

        pulse.complete(null);
        channel.runPendingTasks();

        assertThat(heard()).containsSubsequence("200 OK", "ok\n", "404 Not Found");
    }

    @Test
    void answersAreNotStoredNorTakenForSomethingElse() {
        open(false);
        say(get("/healthz"));

        assertThat(heard())
                .contains("cache-control: no-store\r\n")
                .contains("x-content-type-options: nosniff\r\n")
                .contains("referrer-policy: no-referrer\r\n")
                .contains("content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n");
    }

    @Test
    void headHasNoBodyButItsLength() {
        open(false);
        say("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");

        assertThat(heard()).contains("content-length: 3").endsWith("\r\n\r\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400 | GARBAGE",
                "400 | GET /healthz HTTP/1.1~bad header without colon~~",
                "400 | GET /healthz",
                "405 | POST /healthz HTTP/1.1~Content-Length: 2~~{}",
                "405 | DELETE / HTTP/1.1~~",
                "405 | CONNECT x:1 HTTP/1.1~~",
                "405 | PRI * HTTP/2.0~~SM~~",
                "413 | GET /healthz HTTP/1.1~Content-Length: 1~~x",
                "413 | GET /healthz HTTP/1.1~Transfer-Encoding: chunked~~",
            })
    void whatIsNoRequestOfOursIsRefusedAndEndsTheConnection(int status, String request) {
        open(false);
        say(request.replace("~", "\r\n") + "\r\n");

        String answer = heard();
        assertThat(answer).startsWith("HTTP/1.1 " + status).contains("connection: close");
        assertThat(channel.isActive()).isFalse();
    }

    @Test
    void longLinesAndHeadersAreNotRead() {
        open(false);
        say("GET /" + "x".repeat(3000) + " HTTP/1.1\r\n\r\n");
        assertThat(heard()).startsWith("HTTP/1.1 414");
    }

    @Test
    void longHeadersAreNotRead() {
        open(false);
        say("GET / HTTP/1.1\r\n" + "x: ".concat("y".repeat(1000)).concat("\r\n").repeat(9) + "\r\n");
        assertThat(heard()).startsWith("HTTP/1.1 431");
    }

    @Test
    void headersThatNeverEndAreNotKept() {
        open(false);
        say("GET / HTTP/1.1\r\nx: " + "y".repeat(100_000));
        assertThat(heard()).startsWith("HTTP/1.1 431");
    }

    @Test
    void whoSendsRequestsWithoutEndWhileTheFirstIsAnsweredIsDisconnected() {
        pulse = new CompletableFuture<>();
        open(false);
        for (int i = 0; i < 17; i++) {
            say(get("/healthz"));
            assertThat(channel.isActive()).as("after " + i).isTrue();
        }
        say(get("/healthz"));

        assertThat(channel.isActive()).isFalse();
    }

    @Test
    void slowRequestIsDisconnected() {
        channel.freezeTime();
        open(false);
        say("GET /healthz HTTP/1.1\r\n");
        for (int i = 0; i < 9; i++) {
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            say("x" + i + ": y\r\n");
            assertThat(channel.isActive()).isTrue();
        }
        channel.advanceTimeBy(1001, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();

        assertThat(channel.isActive()).isFalse();
    }

    @Test
    void connectionThatRestsIsKeptForAWhile() {
        channel.freezeTime();
        open(false);
        say(get("/healthz"));
        heard();
        channel.advanceTimeBy(74, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isActive()).isTrue();
        channel.advanceTimeBy(1001, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();

        assertThat(channel.isActive()).isFalse();
    }

    @Test
    void answerThatNeverComesIsNotWaitedForForEver() {
        channel.freezeTime();
        pulse = new CompletableFuture<>();
        open(false);
        say(get("/healthz"));
        channel.advanceTimeBy(10_001, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();

        assertThat(channel.isActive()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/healthz", "/readyz"})
    void whoIsAboveTheLimitIsToldOfHealthAlone(String path) {
        open(true);
        say(get(path));

        assertThat(heard())
                .startsWith(path.equals("/healthz") ? "HTTP/1.1 200" : "HTTP/1.1 503")
                .contains("connection: close");
    }

    @Test
    void oldClientsAreServedOnceEach() {
        open(false);
        say("GET /healthz HTTP/1.0\r\n\r\n");
        assertThat(heard()).startsWith("HTTP/1.1 200").contains("connection: close");
    }

    @Test
    void noiseBreaksNothing() {
        Random random = new Random(4711);
        for (int round = 0; round < 2000; round++) {
            EmbeddedChannel other = new EmbeddedChannel();
            HttpEntrance.open(other.pipeline(), new Pages(new StillLife(() -> pulse)), false);
            byte[] noise = get("/healthz").concat(get("/x")).getBytes(ISO_8859_1);
            for (int i = random.nextInt(5); i >= 0; i--) {
                noise[random.nextInt(noise.length)] = (byte) random.nextInt();
            }
            other.writeInbound(Unpooled.copiedBuffer(noise));
            other.runPendingTasks();
            other.checkException();
            other.finishAndReleaseAll();
        }
        assertThat(channel.isActive()).isTrue();
    }
}
