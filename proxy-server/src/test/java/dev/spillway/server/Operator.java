package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Somebody at the console, with one connection to it. */
final class Operator implements AutoCloseable {
    private final WireClient console;

    Operator(Endpoint through) throws IOException {
        console = WireClient.connect(through.withDatabase("pgbouncer"), Map.of(), Duration.ofSeconds(20));
    }

    WireClient console() {
        return console;
    }

    /** Runs a command that must succeed; returns its tag. */
    String run(String command) throws IOException {
        List<BackendMessage> answer = console.query(command);
        assertThat(answer.getFirst().trace()).as(command).doesNotContain("ErrorResponse");
        return answer.get(answer.size() - 2).tag();
    }

    /** Begins a command that will be answered later. */
    void begin(String command) throws IOException {
        console.send(Messages.query(command));
    }

    /** The tag of the command that was begun. */
    String awaitTag() throws IOException {
        List<BackendMessage> answer = console.readUntilReady();
        return answer.get(answer.size() - 2).tag();
    }

    /** The error of a command that must fail, as it is told: SQLSTATE and text. */
    String error(String command) throws IOException {
        BackendMessage error = console.query(command).getFirst();
        assertThat(error.is('E')).as(command + " is refused").isTrue();
        return error.sqlState() + " " + error.errorField('M');
    }

    /** A column of the rows of a table, by the name that is in the first. */
    String cell(String table, String row, String column) throws IOException {
        List<BackendMessage> answer = console.query(table);
        int at = columns(answer.getFirst()).indexOf(column);
        return answer.stream()
                .filter(message ->
                        message.is('D') && row.equals(message.columns().getFirst()))
                .map(message -> String.valueOf(message.columns().get(at)))
                .findFirst()
                .orElseThrow();
    }

    /** The names in a RowDescription; behind each are 18 bytes about it. */
    private static List<String> columns(BackendMessage description) {
        ByteBuffer in = ByteBuffer.wrap(description.body());
        List<String> names = new ArrayList<>();
        for (int left = in.getShort(); left > 0; left--) {
            StringBuilder name = new StringBuilder();
            for (byte next = in.get(); next != 0; next = in.get()) {
                name.append((char) next);
            }
            names.add(name.toString());
            in.position(in.position() + 18);
        }
        return names;
    }

    @Override
    public void close() throws IOException {
        console.close();
    }
}
