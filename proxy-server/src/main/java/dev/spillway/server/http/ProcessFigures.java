package dev.spillway.server.http;

import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the process holds at a moment, in bytes. Immutable.
 *
 * @param residentBytes of the machine's memory; 0 where the system does not tell
 * @param usedBufferBytes of the buffers outside of the heap what is in use, and {@code bufferBytes} all of them
 */
record ProcessFigures(
        long residentBytes,
        MemoryUsage heap,
        MemoryUsage nonHeap,
        long usedBufferBytes,
        long bufferBytes,
        List<Collector> collectors,
        long startedMillis,
        long nowMillis) {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";
    private static final long KIB = 1024;

    /** A garbage collector: how often it has run, and for how long in all. */
    record Collector(String name, long runs, long millis) {}

    static ProcessFigures now() {
        PooledByteBufAllocator buffers = PooledByteBufAllocator.DEFAULT;
        long used = buffers.pinnedDirectMemory();
        return new ProcessFigures(
                resident(),
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage(),
                ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage(),
                used,
                Math.max(used, buffers.metric().usedDirectMemory()),
                ManagementFactory.getGarbageCollectorMXBeans().stream()
                        .map(ProcessFigures::collector)
                        .toList(),
                ManagementFactory.getRuntimeMXBean().getStartTime(),
                System.currentTimeMillis());
    }

    private static Collector collector(GarbageCollectorMXBean collector) {
        return new Collector(collector.getName(), collector.getCollectionCount(), collector.getCollectionTime());
    }

    private static long resident() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(RESIDENT)) {
                    String number = line.substring(RESIDENT.length()).replace("kB", "");
                    return Long.parseLong(number.strip()) * KIB;
                }
            }
        } catch (IOException e) {
            return 0; // a system without /proc
        }
        return 0;
    }
}
