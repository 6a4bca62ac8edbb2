package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.stats.Table.Columns;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The table behind SHOW MEM, in PgBouncer's columns: what there is in KiB ({@code size} is that unit), used and free, and both
 * together in bytes. Stateless.
 */
public final class MemoryTable {
    private static final int UNIT_BYTES = 1024;
    private static final Columns COLUMNS = Columns.NONE.text("name").int4("size", "used", "free", "memtotal");

    private MemoryTable() {}

    /** Now: the heap, and the buffers outside of it, of which there are so many bytes. */
    public static Table now(long usedBufferBytes, long allBufferBytes) {
        Runtime jvm = Runtime.getRuntime();
        List<List<@Nullable String>> rows = new ArrayList<>();
        rows.add(memory("heap", jvm.totalMemory() - jvm.freeMemory(), jvm.totalMemory()));
        rows.add(memory("direct_buffers", usedBufferBytes, Math.max(usedBufferBytes, allBufferBytes)));
        return COLUMNS.table(rows);
    }

    private static List<@Nullable String> memory(String name, long usedBytes, long allBytes) {
        long freeBytes = allBytes - usedBytes;
        return row(
                name,
                UNIT_BYTES,
                usedBytes / UNIT_BYTES,
                freeBytes / UNIT_BYTES,
                Math.min(allBytes, Integer.MAX_VALUE)); // all that the column's type can say
    }
}
