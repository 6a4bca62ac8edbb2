package dev.spillway.testkit;

import dev.spillway.core.protocol.trace.WireTrace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * A random but deterministic conversation: what a client sends, and into which writes it is cut. PostgreSQL's answer is a function of
 * the bytes alone; it ends with the row {@link #lastWord} and ReadyForQuery idle, and no row, lock or statement of it is left.
 *
 * <p>Made of units that stand alone: a COPY FROM STDIN comes with its data and its end, a Bind with its Parse, so that any unit can be
 * left out ({@link #without}) and the rest is still a program. Immutable.
 */
public final class PipelineProgram {
    /** What belongs together, with a name for the report. */
    record Unit(String name, List<byte[]> messages) {}

    private final long seed;
    private final int client;
    private final List<Unit> units;

    private PipelineProgram(long seed, int client, List<Unit> units) {
        this.seed = seed;
        this.client = client;
        this.units = List.copyOf(units);
    }

    /** Of 1 to {@code maxUnits} units; programs of different clients touch different rows and may run at once. */
    public static PipelineProgram random(long seed, int client, int maxUnits) {
        Random random = new Random(seed);
        PipelineUnits source = new PipelineUnits(random, client);
        List<Unit> units = new ArrayList<>();
        for (int left = 1 + random.nextInt(maxUnits); left > 0; left--) {
            units.add(source.next());
        }
        return new PipelineProgram(seed, client, units);
    }

    /** The tables and the procedure that programs use; run it once, on PostgreSQL itself. */
    public static String schema() {
        return """
            drop table if exists pipe_t, pipe_d, pipe_closed;
            create table pipe_closed (id int, v text);
            create or replace function pipe_refuse() returns trigger language plpgsql as $$
            begin
                raise exception 'closed';
            end $$;
            create trigger pipe_refuse before insert on pipe_closed execute function pipe_refuse();
            create table pipe_t (id int primary key, v text not null);
            create table pipe_d (id int constraint pipe_d_unique unique deferrable initially deferred);
            create or replace procedure pipe_commit(first int) language plpgsql as $$
            begin
                insert into pipe_t values (first, 'called');
                commit;
                insert into pipe_t values (first + 1, 'called');
            end $$;
            grant all on pipe_t, pipe_d, pipe_closed to public;
            """;
    }

    public long seed() {
        return seed;
    }

    public int units() {
        return units.size();
    }

    /** The same program less one unit. */
    public PipelineProgram without(int unit) {
        List<Unit> fewer = new ArrayList<>(units);
        fewer.remove(unit);
        return new PipelineProgram(seed, client, fewer);
    }

    /** The row after which only a ReadyForQuery follows. */
    public String lastWord() {
        return "end of program " + seed + " of " + client;
    }

    /** Removes the rows of this program's client. */
    String cleanUp() {
        String mine = "between %d and %d".formatted(PipelineUnits.firstId(client), PipelineUnits.lastId(client));
        return "delete from pipe_t where id " + mine + "; delete from pipe_d where id " + mine;
    }

    public List<byte[]> messages() {
        List<byte[]> all = new ArrayList<>();
        units.forEach(unit -> all.addAll(unit.messages()));
        all.addAll(epilogue());
        return all;
    }

    /** Leaves whatever state the program is in, removes its rows, and says the last word. */
    private List<byte[]> epilogue() {
        return List.of(
                Messages.sync(),
                Messages.query("rollback"),
                Messages.query(cleanUp()),
                Messages.query("select '" + lastWord() + "'"));
    }

    /** The bytes, cut into writes: sometimes one for all, sometimes in the middle of a length, drawn from the seed. */
    public List<byte[]> writes() {
        Random random = new Random(seed ^ 0x5deece66dL);
        byte[] all = Messages.join(messages());
        int most = switch (random.nextInt(4)) {
            case 0 -> all.length;
            case 1 -> 1 + random.nextInt(12);
            default -> 1 + random.nextInt(400);
        };
        List<byte[]> writes = new ArrayList<>();
        for (int at = 0; at < all.length; ) {
            int length = Math.min(all.length - at, most == all.length ? most : 1 + random.nextInt(most));
            writes.add(Arrays.copyOfRange(all, at, at + length));
            at += length;
        }
        return writes;
    }

    @Override
    public String toString() {
        return "program seed %d, client %d\n".formatted(seed, client)
                + units.stream().map(PipelineProgram::show).collect(Collectors.joining())
                + show(new Unit("epilogue", epilogue()));
    }

    private static String show(Unit unit) {
        return "  " + unit.name() + "\n"
                + unit.messages().stream()
                        .map(message -> "    " + trace(message) + "\n")
                        .collect(Collectors.joining());
    }

    private static String trace(byte[] message) {
        ByteBuf bytes = Unpooled.wrappedBuffer(ByteBuffer.wrap(message));
        String line = WireTrace.frontend(bytes, WireTrace.Style.FULL);
        return line.length() > 300 ? line.substring(0, 300) + "…" : line;
    }
}
