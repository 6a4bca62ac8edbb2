package dev.spillway.testkit;

import dev.spillway.core.protocol.trace.WireTrace;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * A random but deterministic conversation of several clients about prepared statements, in turns: what one client sends before it reads
 * all that is answered. PostgreSQL's answer to a client depends on what that client has sent, and on nothing else. Immutable.
 */
public final class StatementProgram {
    /** What one client sends at once, in writes that are cut anywhere; then it reads all answers. A Query is never inside a group. */
    public record Turn(int client, List<byte[]> messages, int cut) {
        /** How many ReadyForQuery answer it. */
        public long groups() {
            return messages.stream()
                    .filter(message -> message[0] == 'S' || message[0] == 'Q')
                    .count();
        }

        public List<byte[]> writes() {
            byte[] bytes = Messages.join(messages);
            int most = cut == 0 ? bytes.length : cut;
            List<byte[]> writes = new ArrayList<>();
            for (int at = 0; at < bytes.length; at += most) {
                writes.add(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + most)));
            }
            return writes;
        }

        @Override
        public String toString() {
            return "  client " + client + "\n"
                    + messages.stream()
                            .map(message -> "    " + trace(message) + "\n")
                            .collect(Collectors.joining());
        }
    }

    private final long seed;
    private final List<Map<String, String>> startups;
    private final List<Turn> turns;

    private StatementProgram(long seed, List<Map<String, String>> startups, List<Turn> turns) {
        this.seed = seed;
        this.startups = List.copyOf(startups);
        this.turns = List.copyOf(turns);
    }

    /** Of up to {@code mostTurns} turns of up to three clients. */
    public static StatementProgram random(long seed, int mostTurns) {
        Random random = new Random(seed);
        List<Map<String, String>> startups = new ArrayList<>();
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            startups.add(startup(random));
        }
        boolean makesSettings = random.nextInt(2) == 0;
        List<Turn> turns = new ArrayList<>();
        for (int left = 2 + random.nextInt(mostTurns); left > 0; left--) {
            int cut = random.nextInt(3) > 0 ? 0 : 1 + random.nextInt(60);
            int client = random.nextInt(startups.size());
            boolean mayReset = startups.get(client).isEmpty();
            turns.add(new Turn(client, new StatementMessages(random, makesSettings, mayReset).turn(), cut));
        }
        return new StatementProgram(seed, startups, turns);
    }

    /** Of these turns, in this order. */
    public static StatementProgram of(int clients, List<Turn> turns) {
        List<Map<String, String>> startups = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            startups.add(Map.of());
        }
        return new StatementProgram(0, startups, turns);
    }

    private static Map<String, String> startup(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> Map.of("DateStyle", "SQL, DMY");
            case 1 -> Map.of("TimeZone", "Asia/Tokyo");
            default -> Map.of();
        };
    }

    public List<Map<String, String>> startups() {
        return startups;
    }

    public List<Turn> turns() {
        return turns;
    }

    /** The same less one turn. */
    public StatementProgram without(int turn) {
        List<Turn> fewer = new ArrayList<>(turns);
        fewer.remove(turn);
        return new StatementProgram(seed, startups, fewer);
    }

    /** The same less one message of a turn. */
    public StatementProgram without(int turn, int message) {
        List<Turn> others = new ArrayList<>(turns);
        List<byte[]> fewer = new ArrayList<>(turns.get(turn).messages());
        fewer.remove(message);
        others.set(
                turn, new Turn(turns.get(turn).client(), fewer, turns.get(turn).cut()));
        return new StatementProgram(seed, startups, others);
    }

    private static String trace(byte[] message) {
        String line = WireTrace.frontend(Unpooled.wrappedBuffer(ByteBuffer.wrap(message)), WireTrace.Style.FULL);
        return line.length() > 200 ? line.substring(0, 200) + "…" : line;
    }

    @Override
    public String toString() {
        return "program seed " + seed + ", clients " + startups + "\n"
                + turns.stream().map(Turn::toString).collect(Collectors.joining());
    }
}
