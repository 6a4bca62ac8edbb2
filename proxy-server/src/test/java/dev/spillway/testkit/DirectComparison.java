package dev.spillway.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs programs on a direct connection and through what is under test, and compares the answers message for message.
 *
 * <p>Both connections are kept from program to program, so that what one program leaves behind spoils the next. One at a time for a
 * client number; confined to its thread, except that writing has a virtual thread of its own so that neither side can wait for the
 * other.
 */
public final class DirectComparison implements Closeable {
    private final Endpoint direct;
    private final Endpoint through;
    private final Duration replyTimeout;
    private Predicate<BackendMessage> ignored = message -> false;
    private @Nullable WireClient directClient;
    private @Nullable WireClient throughClient;

    public DirectComparison(Endpoint direct, Endpoint through, Duration replyTimeout) {
        this.direct = direct;
        this.through = through;
        this.replyTimeout = replyTimeout;
    }

    /** Leaves such messages out on both sides; BackendKeyData is never compared, because it belongs to the login. */
    public DirectComparison ignoring(Predicate<BackendMessage> which) {
        ignored = which;
        return this;
    }

    /**
     * Fails unless both answers are the same: with the program cut down as far as it still differs, its seed, and both transcripts.
     */
    public void assertSame(PipelineProgram program) {
        String difference = difference(program);
        if (difference == null) {
            return;
        }
        PipelineProgram smallest = program;
        for (int unit = smallest.units() - 1; unit >= 0; unit--) {
            PipelineProgram smaller = smallest.without(unit);
            String stillThere = difference(smaller);
            if (stillThere != null) {
                smallest = smaller;
                difference = stillThere;
            }
        }
        throw new AssertionError("answers differ, found by seed %d; the smallest that shows it is %s\n%s"
                .formatted(program.seed(), smallest, difference));
    }

    /** What differs, or null. Connections that said something unexpected are not used again. */
    public @Nullable String difference(PipelineProgram program) {
        try {
            if (directClient == null) {
                directClient = connected(null, direct);
                directClient.query(program.cleanUp()); // of a program that never came to its end
            }
            List<String> expected = answer(directClient, program, "direct");
            throughClient = connected(throughClient, through);
            List<String> actual = answer(throughClient, program, "through");
            if (expected.equals(actual)) {
                return null;
            }
            dropConnections();
            return expected.stream().anyMatch(DirectComparison::isInternalError) ? null : show(expected, actual);
        } catch (IOException e) {
            dropConnections();
            return e.toString();
        }
    }

    /**
     * PostgreSQL says that it has a fault. Version 18 does after an extended COPY, a simple one and a Sync in between, to whoever asks next
     * on that connection: that may be us.
     */
    private static boolean isInternalError(String line) {
        return line.contains(" C='XX000'");
    }

    private WireClient connected(@Nullable WireClient client, Endpoint endpoint) throws IOException {
        return client != null ? client : WireClient.connect(endpoint, Map.of(), replyTimeout);
    }

    private List<String> answer(WireClient client, PipelineProgram program, String side) throws IOException {
        AtomicReference<@Nullable IOException> writeFailure = new AtomicReference<>();
        Thread writer = Thread.ofVirtual().start(() -> {
            try {
                for (byte[] write : program.writes()) {
                    client.send(write);
                }
            } catch (IOException e) {
                writeFailure.set(e);
            }
        });
        List<String> lines = new ArrayList<>();
        try {
            boolean isLastWord = false;
            BackendMessage message;
            do {
                message = client.readMessage();
                isLastWord |= message.is('D') && message.column().equals(program.lastWord());
                if (!ignored.test(message)) {
                    lines.add(message.comparable());
                }
            } while (!(isLastWord && message.is('Z')));
            writer.join();
            if (message.status() != 'I') {
                throw new IOException(side + ": not idle at the end\n" + String.join("\n", lines));
            }
            return lines;
        } catch (IOException e) {
            // A timeout is a message that never came; show how far the answer went.
            throw new IOException(
                    "%s: %s (writing: %s) after\n%s".formatted(side, e, writeFailure.get(), tail(lines)), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static String show(List<String> expected, List<String> actual) {
        int at = 0;
        while (at < Math.min(expected.size(), actual.size()) && expected.get(at).equals(actual.get(at))) {
            at++;
        }
        return "first difference at message %d\n direct:\n%s\n through:\n%s"
                .formatted(at, around(expected, at), around(actual, at));
    }

    private static String around(List<String> lines, int at) {
        return shorten(lines.subList(Math.max(0, at - 8), Math.min(lines.size(), at + 6)));
    }

    private static String tail(List<String> lines) {
        return shorten(lines.subList(Math.max(0, lines.size() - 12), lines.size()));
    }

    private static String shorten(List<String> lines) {
        return lines.stream()
                .map(line -> "   " + (line.length() > 240 ? line.substring(0, 240) + "…" : line))
                .collect(Collectors.joining("\n"));
    }

    private void dropConnections() {
        drop(directClient);
        drop(throughClient);
        directClient = null;
        throughClient = null;
    }

    private static void drop(@Nullable WireClient client) {
        try {
            if (client != null) {
                client.close();
            }
        } catch (IOException alreadyGone) {
            // Closed as far as it can be.
        }
    }

    @Override
    public void close() {
        dropConnections();
    }
}
